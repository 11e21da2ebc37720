"""Turns a ResNet of torchvision (.pth) or timm (.safetensors) into the file that `ursa weights add` takes.

torchvision's names for these networks are timm's. What Ursa has no use for is dropped: the classifier (fc.*) and the counters
of batches (*.num_batches_tracked); what is left is the body alone, in fp32. torchvision's file names end in the first digits of
the file's sha256 (resnet34-b627a593.pth): they are compared with the file, so that a broken download is not converted.

    python3 -m venv /tmp/convert && /tmp/convert/bin/pip install torch safetensors numpy
    /tmp/convert/bin/python tools/convert-torchvision.py resnet34-b627a593.pth resnet34.safetensors
    ./ursa weights add resnet34 resnet34.safetensors

Where torchvision is installed, `torchvision.models.resnet34(weights="IMAGENET1K_V1")` leaves the .pth in ~/.cache/torch/hub/checkpoints.
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path


def check_name(path):
    """torch.hub's own rule: what follows the last dash is a prefix of the sha256."""
    expected = re.search(r"-([0-9a-f]{8,64})\.pth$", path.name)
    actual = hashlib.sha256(path.read_bytes()).hexdigest()
    if expected and not actual.startswith(expected[1]):
        sys.exit(f"{path} has sha256 {actual}, but its name says {expected[1]}…: download it again.")


def read(path):
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    # weights_only: a pickle could otherwise run any code.
    return torch.load(path, map_location="cpu", weights_only=True)


def is_body(name):
    return not name.startswith("fc.") and not name.endswith("num_batches_tracked")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", type=Path, help=".pth of torchvision, or .safetensors of timm")
    parser.add_argument("target", type=Path, help="the .safetensors to write")
    arguments = parser.parse_args()
    check_name(arguments.source)
    from safetensors.torch import save_file

    body = {name: value.float().contiguous() for name, value in read(arguments.source).items() if is_body(name)}
    save_file(body, arguments.target, metadata={"source": arguments.source.name})
    print(f"{arguments.target}: {len(body)} tensors, {sum(value.numel() for value in body.values()):,} numbers")


if __name__ == "__main__":
    main()

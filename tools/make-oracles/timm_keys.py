"""Writes libs/classifier/src/fixtures/timm-keys.json: the tensors of timm's bodies, by name and shape, one line per backbone.

    python3 -m venv /tmp/oracles && /tmp/oracles/bin/pip install torch timm numpy
    /tmp/oracles/bin/python tools/make-oracles/timm_keys.py > libs/classifier/src/fixtures/timm-keys.json
    npx biome format --write libs/classifier/src/fixtures/timm-keys.json

`bn1.weight,bias=64` is `bn1.weight` and `bn1.bias`, both of shape [64]; `conv1.weight=64x3x7x7` has four axes. The counters of batches
are left out: PyTorch's loading fills them in where a file has none of them, with `strict=True` as well, which is tried here.
"""

import json
from itertools import groupby

import timm
import torch

NAMES = {"resnet18": "resnet18", "resnet34": "resnet34", "resnet50": "resnet50", "efficientnet_lite0": "tf_efficientnet_lite0"}


def tensors(name):
    """As examples/python/load_in_timm.py makes the network."""
    body = timm.create_model(name, num_classes=0, global_pool="")
    kept = {key: value for key, value in body.state_dict().items() if not key.endswith(".num_batches_tracked")}
    body.load_state_dict(dict(kept), strict=True)
    return [(key.rpartition(".")[0], "x".join(map(str, value.shape)), key.rpartition(".")[2]) for key, value in kept.items()]


def line(name):
    groups = groupby(tensors(name), key=lambda tensor: tensor[:2])
    return " ".join(f"{module}.{','.join(kind for *_, kind in each)}={shape}" for (module, shape), each in groups)


print(json.dumps({
    "versions": {"torch": torch.__version__, "timm": timm.__version__},
    "bodies": {ours: line(theirs) for ours, theirs in NAMES.items()},
}, indent=1))

"""Writes libs/classifier/src/fixtures/resnet.json: what timm computes for ResNets whose weights are a formula of their index.

Pretrained weights are not needed to compare two implementations, and 100 MB of them would not belong into a repository:
formula.py has it.

    python3 -m venv /tmp/oracles && /tmp/oracles/bin/pip install torch timm numpy
    /tmp/oracles/bin/python tools/make-oracles/resnet.py > libs/classifier/src/fixtures/resnet.json
    npx biome format --write libs/classifier/src/fixtures/resnet.json

`stages`, by backbone and size, in inference mode: per stage the shape (NHWC), mean, mean magnitude and first 8 values; of the
averaged last map the first 16 values and the norm.
"""

import json

import timm
import torch
from formula import describe, make, picture

NAMES = ("resnet18", "resnet34", "resnet50")
SIZES = (224, 97)


def run(model, x):
    x = model.maxpool(model.act1(model.bn1(model.conv1(x))))
    maps = {"stem": x}
    for name in ("layer1", "layer2", "layer3", "layer4"):
        maps[name] = x = getattr(model, name)(x)
    return maps


def stages(model, size):
    maps = run(model, picture(1, size))
    pooled = maps["layer4"].mean((2, 3))[0].double()
    return {"maps": {name: describe(value) for name, value in maps.items()},
            "pooled": {"first": pooled[:16].tolist(), "norm": pooled.norm().item()}}


torch.set_num_threads(1)
with torch.no_grad():
    compared = {name: {size: stages(make(name), size) for size in SIZES} for name in NAMES}
print(json.dumps({
    "versions": {"torch": torch.__version__, "timm": timm.__version__},
    "stages": compared,
}, indent=1))

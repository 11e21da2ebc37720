"""Writes libs/classifier/src/fixtures/resnet.json: what timm computes for ResNets whose weights are a formula of their index.

Pretrained weights are not needed to compare two implementations, and 100 MB of them would not belong into a repository. The
same formula is in libs/classifier/src/fixtures/formula-weights.fixture.ts: integers only, so both sides get the same bits.

    python3 -m venv /tmp/oracles && /tmp/oracles/bin/pip install torch timm numpy
    /tmp/oracles/bin/python tools/make-oracles/resnet.py > libs/classifier/src/fixtures/resnet.json
    npx biome format --write libs/classifier/src/fixtures/resnet.json

`stages`, by backbone and size, in inference mode: per stage the shape (NHWC), mean, mean magnitude and first 8 values; of the
averaged last map the first 16 values and the norm. `training`, resnet18 on three 64-pixel pictures, batch-norms by their running
statistics (`frozenBn`) or by the batch (`trainBn`): the same per stage, then of a loss (the mean of sin(i) times value i of the
last map, NHWC) its value and gradients, and the next running statistics, as first 4 values, sum and norm.
"""

import json

import numpy as np
import timm
import torch

# No ReLU of the training run sees a value so close to 0 that rounding decides on which side it is, and with it the gradient.
FIRST = 40
NAMES = ("resnet18", "resnet34", "resnet50")
SIZES = (224, 97)
TRAINED = ("conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer2.0.conv1.weight",
           "layer2.0.downsample.0.weight", "layer2.0.downsample.1.bias", "layer4.1.conv2.weight", "layer4.1.bn2.weight")
MEASURED = ("bn1", "layer1.1.bn2", "layer3.0.downsample.1", "layer4.1.bn2")


def noise(name, count):
    """Uniform in [-0.5, 0.5): a 32-bit hash (MurmurHash3's finalizer) of the index and the characters of the name."""
    with np.errstate(over="ignore"):
        phase = np.uint32(0)
        for character in name:
            phase = phase * np.uint32(31) + np.uint32(ord(character))
        h = (np.arange(count, dtype=np.uint32) + phase) * np.uint32(0x9E3779B1)
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        h = h ^ (h >> np.uint32(16))
    return h.astype(np.float64) / 2**32 - 0.5


def formula(name, shape):
    values = noise(name, int(np.prod(shape)))
    if len(shape) == 4:
        values = values * np.sqrt(12 / np.prod(shape[1:]))
    elif name.endswith(("running_var", "weight")):
        values = 1 + 0.4 * values
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def make(name):
    model = timm.create_model(name, num_classes=0)
    tensors = {key: formula(key, tuple(value.shape)) for key, value in model.state_dict().items() if value.dim() > 0}
    model.load_state_dict(tensors, strict=False)
    return model.eval()


def picture(batch, size, first=0):
    i = np.arange(batch * size * size * 3, dtype=np.float64) + first
    x = np.sin(0.37 * i) + ((7919 * i) % 97) / 97 - 0.5
    return torch.from_numpy(x.astype(np.float32).reshape(batch, size, size, 3)).permute(0, 3, 1, 2).contiguous()


def run(model, x):
    x = model.maxpool(model.act1(model.bn1(model.conv1(x))))
    maps = {"stem": x}
    for name in ("layer1", "layer2", "layer3", "layer4"):
        maps[name] = x = getattr(model, name)(x)
    return maps


def describe(value):
    nhwc = value.detach().permute(0, 2, 3, 1).double()
    return [list(nhwc.shape), nhwc.mean().item(), nhwc.abs().mean().item(), nhwc.flatten()[:8].tolist()]


def stages(model, size):
    maps = run(model, picture(1, size))
    pooled = maps["layer4"].mean((2, 3))[0].double()
    return {"maps": {name: describe(value) for name, value in maps.items()},
            "pooled": {"first": pooled[:16].tolist(), "norm": pooled.norm().item()}}


def summary(tensor):
    flat = tensor.detach().double().flatten()
    return {"first": flat[:4].tolist(), "sum": flat.sum().item(), "norm": flat.norm().item()}


def training(model):
    maps = run(model, picture(3, 64, FIRST))
    last = maps["layer4"].permute(0, 2, 3, 1).reshape(-1)
    loss = (last * torch.sin(torch.arange(last.numel(), dtype=torch.float64)).float()).mean()
    loss.backward()
    parameters, buffers = dict(model.named_parameters()), dict(model.named_buffers())
    return {"maps": {name: describe(value) for name, value in maps.items()}, "loss": loss.item(),
            "gradients": {name: summary(parameters[name].grad) for name in TRAINED},
            "next": {f"{norm}.{part}": summary(buffers[f"{norm}.{part}"])
                     for norm in MEASURED for part in ("running_mean", "running_var")}}


torch.set_num_threads(1)
with torch.no_grad():
    compared = {name: {size: stages(make(name), size) for size in SIZES} for name in NAMES}
print(json.dumps({
    "versions": {"torch": torch.__version__, "timm": timm.__version__},
    "stages": compared,
    "training": {"frozenBn": training(make("resnet18")), "trainBn": training(make("resnet18").train())},
}, indent=1))

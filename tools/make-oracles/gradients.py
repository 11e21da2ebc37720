"""Writes libs/classifier/src/fixtures/gradients.json: what PyTorch's autograd computes for every learned tensor of every backbone.

Weights and pictures are those of formula.py, but the batch-norms' biases lie in [0, 4): around 0, half of all values are near a
ReLU's kink, and with deep networks and the batch's statistics two precisions of PyTorch part by several percent.

    python3 -m venv /tmp/oracles && /tmp/oracles/bin/pip install torch timm numpy
    /tmp/oracles/bin/python tools/make-oracles/gradients.py > libs/classifier/src/fixtures/gradients.json
    npx biome format --write libs/classifier/src/fixtures/gradients.json

Per backbone, with the batch-norms' running statistics and with the batch's (`trainBn`): `first`, which pictures; `stages` (see
`describe`); `loss`, the mean of sin(i) times value i of the last map (NHWC); `gradients` of all that is learned; and `statistics`,
the next running ones of each stage's last batch-norm. Numbers are double precision's. Of a tensor of n values: its first 3, the sum
of sin(i) times value i over the root of n, and its norm. None of these is further off than the norm of all that is wrong with the
tensor; the last number is that norm for PyTorch's single precision.
"""

import copy
import json
import sys

import timm
import torch
from formula import describe, make, picture
from torch import nn
from torch.nn import functional as F

SIZE, PICTURES = 48, 3
BACKBONES = {"efficientnet_lite0": "tf_efficientnet_lite0", "resnet18": "resnet18", "resnet34": "resnet34", "resnet50": "resnet50"}
# Where rounding takes a value over a ReLU's kink, or another value of its window becomes the largest, gradients change by far more
# than by rounding. So pictures are sought in which no value is nearer to that than this many times the deviation (root mean
# square) of single from double precision there.
MARGIN = 8


def model_of(name):
    model = make(name)
    with torch.no_grad():
        for key, value in model.named_parameters():
            if key.endswith(".bias"):
                value.copy_(2 + 4 * value)
    return model


def stages_of(model, x):
    """The stages by name, as functions to be applied one after the other."""
    if hasattr(model, "maxpool"):
        stages = {"stem": lambda x: model.maxpool(model.act1(model.bn1(model.conv1(x))))}
        stages.update({name: getattr(model, name) for name in ("layer1", "layer2", "layer3", "layer4")})
    else:
        stages = {"stem": lambda x: model.bn1(model.conv_stem(x))}
        stages.update({f"blocks.{i}": block for i, block in enumerate(model.blocks)})
        stages["conv_head"] = lambda x: model.bn2(model.conv_head(x))
    maps = {}
    for name, stage in stages.items():
        maps[name] = x = stage(x)
    return maps


@torch.no_grad()
def watch(model, x):
    """What goes into each ReLU and max-pool, with the module."""
    found = []
    watched = [module for module in model.modules() if isinstance(module, (nn.ReLU, nn.ReLU6, nn.MaxPool2d))]
    for module in watched:
        # In place, it would change what is kept here.
        module.inplace = False
        module.register_forward_pre_hook(lambda module, inputs: found.append((module, inputs[0].double())))
    stages_of(model, x)
    return found


def distances(module, x):
    """How far values are from where the gradient jumps."""
    if isinstance(module, nn.ReLU6):
        return torch.minimum(x.abs(), (x - 6).abs())
    if isinstance(module, nn.ReLU):
        return x.abs()
    windows = F.unfold(F.pad(x, (1, 1, 1, 1)), 3, stride=2).unflatten(1, (x.shape[1], 9))
    largest, second = windows.topk(2, dim=2).values.unbind(2)
    # Among zeros it does not matter which is the largest: the ReLU in front lets no gradient through.
    return (largest - second)[largest > 0]


def margin(model, x):
    pairs = zip(watch(copy.deepcopy(model), x), watch(copy.deepcopy(model).double(), x.double()))
    return min((distances(module, exact).min() / (exact - inexact).square().mean().sqrt()).item()
               for (module, inexact), (_, exact) in pairs)


def choose_pictures(model):
    for first in range(5000):
        if margin(model, picture(PICTURES, SIZE, first)) > MARGIN:
            return first
    raise SystemExit("No pictures keep their distance from every kink.")


def differentiate(model, x):
    maps = stages_of(model, x)
    last = list(maps.values())[-1].permute(0, 2, 3, 1).reshape(-1)
    loss = (last * wave(last.numel()).float().to(last.dtype)).mean()
    loss.backward()
    return {"maps": maps, "loss": loss, "gradients": {name: value.grad for name, value in model.named_parameters()}}


def wave(count):
    return torch.sin(torch.arange(count, dtype=torch.float64))


def rounded(value):
    return float(f"{value:.7g}")


def short(value):
    shape, mean, magnitude, first = describe(value)
    return [shape, rounded(mean), rounded(magnitude), [rounded(each) for each in first[:4]]]


def compare(double, single):
    exact = double.detach().flatten()
    apart = (single.detach().flatten().double() - exact).norm()
    return [[rounded(value) for value in exact[:3].tolist()],
            *(rounded(value.item()) for value in (exact @ wave(exact.numel()) / exact.numel() ** 0.5, exact.norm())), float(f"{apart.item():.2g}")]


def last_norms(model):
    norms = [name for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)]
    stage_of = lambda name: ".".join(name.split(".")[:2 if name.startswith("blocks") else 1])
    return {stage_of(name): name for name in norms}.values()


def oracle(backbone, train_bn):
    model = model_of(BACKBONES[backbone]).train(train_bn)
    first = choose_pictures(model)
    print(backbone, train_bn, first, file=sys.stderr)
    single, double = copy.deepcopy(model), copy.deepcopy(model).double()
    x = picture(PICTURES, SIZE, first)
    inexact, exact = differentiate(single, x), differentiate(double, x.double())
    buffers = [dict(each.named_buffers()) for each in (double, single)]
    measured = [f"{norm}.{part}" for norm in last_norms(model) for part in ("running_mean", "running_var")] if train_bn else []
    return {"first": first,
            "stages": {name: short(value) for name, value in exact["maps"].items()},
            "loss": rounded(exact["loss"].item()),
            "gradients": {name: compare(value, inexact["gradients"][name]) for name, value in exact["gradients"].items()},
            "statistics": {name: compare(*(each[name] for each in buffers)) for name in measured}}


torch.set_num_threads(1)
print(json.dumps({
    "versions": {"torch": torch.__version__, "timm": timm.__version__},
    "size": SIZE,
    "pictures": PICTURES,
    "oracles": {name: {"frozenBn": oracle(name, False), "trainBn": oracle(name, True)} for name in BACKBONES},
}))

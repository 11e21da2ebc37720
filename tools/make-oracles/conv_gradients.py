"""Writes libs/tensor/src/fixtures/conv-gradients.json: gradients of convolutions and pools as PyTorch computes them.

Run once with torch from PyPI: python tools/make-oracles/conv_gradients.py > libs/tensor/src/fixtures/conv-gradients.json
Every input is a formula of its index in PyTorch's order (NCHW, filters OIHW). Of each gradient the fixture holds its first
values, its norm and its product with one more such formula, in which every element counts. Computed in double precision.
"""
import json
import math

import torch
from torch.nn import functional as F

# kind, channels in, channels out, side of the map, kernel, stride, padding ("same" as TensorFlow pads, or a number), batch
CASES = [
    ("dense", 3, 8, 17, 7, 2, 3, 2),
    ("dense", 3, 8, 18, 3, 2, "same", 2),
    ("dense", 8, 24, 42, 3, 1, "same", 2),
    ("dense", 8, 8, 84, 3, 2, "same", 2),
    ("dense", 24, 40, 9, 3, 1, 1, 2),
    ("dense", 24, 40, 9, 3, 2, 1, 1),
    # Several blocks of 16 on both sides.
    ("dense", 32, 48, 9, 3, 1, 1, 2),
    ("dense", 40, 24, 8, 5, 2, "same", 2),
    ("dense", 16, 16, 12, 3, 1, 1, 3),
    ("dense", 16, 32, 12, 3, 2, 1, 3),
    ("dense", 40, 8, 41, 1, 1, "same", 2),
    ("dense", 24, 40, 7, 1, 1, "same", 3),
    ("dense", 24, 8, 8, 1, 2, "same", 2),
    ("dense", 32, 16, 11, 1, 1, "same", 1),
    ("depthwise", 8, 8, 44, 3, 1, "same", 2),
    ("depthwise", 24, 24, 10, 3, 2, "same", 2),
    ("depthwise", 24, 24, 9, 3, 2, 1, 1),
    ("depthwise", 40, 40, 8, 5, 1, "same", 3),
    ("depthwise", 40, 40, 14, 5, 2, "same", 2),
    ("depthwise", 32, 32, 7, 5, 2, "same", 1),
    ("max pool", 8, 8, 17, 3, 2, 1, 2),
    ("max pool", 24, 24, 10, 2, 2, 0, 2),
]


def wave(shape, phase):
    index = torch.arange(math.prod(shape), dtype=torch.float64)
    return torch.sin(0.37 * index + phase).reshape(shape)


def padding(side, kernel, stride, pad):
    if pad != "same":
        return (pad, pad)
    total = max(0, (math.ceil(side / stride) - 1) * stride + kernel - side)
    return (total // 2, total - total // 2)


def summary(gradient):
    flat = gradient.flatten()
    return {"first": flat[:6].tolist(), "norm": flat.norm().item(), "product": (flat @ wave(flat.shape, 2)).item()}


def gradients(kind, inputs, outputs, side, kernel, stride, pad, batch):
    x = wave((batch, inputs, side, side), 1).requires_grad_()
    groups = inputs if kind == "depthwise" else 1
    weight = wave((outputs, inputs // groups, kernel, kernel), 2).requires_grad_()
    before, after = padding(side, kernel, stride, pad)
    if kind == "max pool":
        y = F.max_pool2d(x, kernel, stride, before)
    else:
        y = F.conv2d(F.pad(x, (before, after, before, after)), weight, stride=stride, groups=groups)
    (y * wave(y.shape, 0.5)).sum().backward()
    found = {"x": summary(x.grad)}
    return found if kind == "max pool" else {**found, "filter": summary(weight.grad)}


NAMES = ("kind", "inputs", "outputs", "side", "kernel", "stride", "pad", "batch")
print(json.dumps({
    "torch": torch.__version__,
    "cases": [{**dict(zip(NAMES, case)), "gradients": gradients(*case)} for case in CASES],
}, indent=1))

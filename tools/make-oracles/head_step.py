"""Writes libs/classifier/src/fixtures/head-step.json: what PyTorch computes for the head, one-cycle and Wilson's interval.

Run once with torch and scipy from PyPI: python tools/make-oracles/head_step.py > libs/classifier/src/fixtures/head-step.json
Every input is a formula of its index, so that the fixture holds results only (first values, sum and norm per tensor).
"""
import json
import math

import torch
from scipy.stats import binomtest
from torch import nn

FEATURES, HIDDEN, CLASSES, PICTURES = 24, 512, 3, 6


def wave(shape, scale, phase):
    count = math.prod(shape)
    values = [scale * math.sin(0.37 * i + phase) for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).to(torch.float32).reshape(shape)


def summary(tensor):
    flat = tensor.detach().double().flatten()
    return {"first": flat[:6].tolist(), "sum": flat.sum().item(), "norm": flat.norm().item()}


def make_head():
    layers = {
        "head.bn1": nn.BatchNorm1d(FEATURES),
        "head.fc1": nn.Linear(FEATURES, HIDDEN),
        "head.bn2": nn.BatchNorm1d(HIDDEN),
        "head.fc2": nn.Linear(HIDDEN, CLASSES),
    }
    for phase, (name, layer) in enumerate(layers.items()):
        with torch.no_grad():
            scale = 0.3 if "fc" in name else 0.1
            layer.weight.copy_(wave(layer.weight.shape, scale, phase) + (1 if "bn" in name else 0))
            layer.bias.copy_(wave(layer.bias.shape, 0.1, phase + 10))
    return layers


def named(layers):
    return {f"{layer}.{name}": p for layer, module in layers.items() for name, p in module.named_parameters()}


def forward(layers, x, masks):
    h = layers["head.bn1"](x) * masks[0]
    h = torch.relu(layers["head.fc1"](h))
    h = layers["head.bn2"](h) * masks[1]
    return layers["head.fc2"](h)


def mask(shape, rate, step):
    keep = torch.tensor([(7919 * (i + step)) % 97 >= 97 * rate for i in range(math.prod(shape))])
    return keep.reshape(shape).float() / (1 - rate)


def head_oracle(clip=None):
    """Three steps; with `clip` the gradients are clipped to that norm of all of them, and only what follows is kept."""
    torch.set_num_threads(1)
    layers = make_head()
    parameters = named(layers)
    decayed = [p for name, p in parameters.items() if name.endswith(("fc1.weight", "fc2.weight"))]
    rest = [p for name, p in parameters.items() if not name.endswith(("fc1.weight", "fc2.weight"))]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0}], eps=1e-5)
    labels = torch.tensor([i % CLASSES for i in range(PICTURES)])
    steps = []
    for step in range(3):
        for group in optimizer.param_groups:
            group["lr"], group["betas"] = 0.001 * (step + 1), (0.95 - 0.04 * step, 0.99)
        x = wave((PICTURES, FEATURES), 2, step) + 3
        logits = forward(layers, x, (mask((PICTURES, FEATURES), 0.25, step), mask((PICTURES, HIDDEN), 0.5, step)))
        loss = nn.functional.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        gradients = {name: summary(p.grad) for name, p in parameters.items()}
        norm = nn.utils.clip_grad_norm_(parameters.values(), clip).item() if clip else None
        optimizer.step()
        after = {name: summary(p) for name, p in parameters.items()}
        for name in ("head.bn1", "head.bn2"):
            after[f"{name}.running_mean"] = summary(layers[name].running_mean)
            after[f"{name}.running_var"] = summary(layers[name].running_var)
        steps.append({"norm": norm, "after": after} if clip else {"loss": loss.item(), "gradients": gradients, "after": after})
    if clip:
        return steps
    for layer in layers.values():
        layer.eval()
    ones = (torch.ones(1), torch.ones(1))
    logits = forward(layers, wave((PICTURES, FEATURES), 2, 5) + 3, ones)
    return {"steps": steps, "logits": logits.flatten().tolist()}


def loss_oracle(smoothing, weights):
    """PyTorch's loss with label smoothing and class weights, and its gradient, on logits that are a formula."""
    logits = wave((5, CLASSES), 2, 1).double().requires_grad_()
    labels = torch.tensor([0, 2, 1, 2, 2])
    loss = nn.functional.cross_entropy(logits, labels, torch.tensor(weights).double(), label_smoothing=smoothing)
    loss.backward()
    return {"smoothing": smoothing, "weights": weights, "loss": loss.item(), "gradient": logits.grad.flatten().tolist()}


def one_cycle(steps, top):
    """fastai 1.0.64 as it runs (schedulers advance after each batch; a batch uses what was set before it), to v2's end."""
    warm = int(steps * 0.3)
    cos = lambda a, b, p: b + (a - b) / 2 * (math.cos(math.pi * p) + 1)
    phases = [(top / 25, top, 0.95, 0.85, max(1, warm)), (top, top / 1e5, 0.85, 0.95, max(1, steps - warm))]
    rate, momentum, out, phase, n = top / 25, 0.95, [], 0, 0
    for _ in range(steps):
        out.append([rate, momentum])
        if phase >= len(phases):
            break
        a, b, c, d, length = phases[phase]
        n += 1
        rate, momentum = cos(a, b, n / length), cos(c, d, n / length)
        if n >= length:
            phase, n = phase + 1, 0
    return out


def wilson(k, n):
    interval = binomtest(k, n).proportion_ci(method="wilson")
    return [k, n, interval.low, interval.high]


print(json.dumps({
    "torch": torch.__version__,
    "head": head_oracle(),
    "clipped": head_oracle(clip=0.2),
    "losses": [loss_oracle(e, w) for e, w in ((0.1, [1.0, 1.0, 1.0]), (0.0, [0.5, 3.0, 1.5]), (0.2, [5 / 3, 5 / 3, 5 / 9]))],
    "oneCycle": {str(n): one_cycle(n, 0.003) for n in (1, 3, 32)},
    "wilson": [wilson(k, n) for k, n in ((0, 56), (1, 56), (3, 141), (28, 56), (56, 56), (1, 1))],
}, indent=1))

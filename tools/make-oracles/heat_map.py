"""Writes libs/classifier/src/fixtures/heat-map.json: Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391) by PyTorch's autograd.

The network is timm's ResNet-18 with a head as Ursa's ([max, average] pool, batch-norm, linear 512, ReLU, batch-norm, linear classes),
every weight a formula of its index (formula.py). The last feature map is hooked, the class's logit is differentiated by it.

    python3 -m venv /tmp/oracles && /tmp/oracles/bin/pip install torch timm numpy
    /tmp/oracles/bin/python tools/make-oracles/heat_map.py > libs/classifier/src/fixtures/heat-map.json
    npx biome format --write libs/classifier/src/fixtures/heat-map.json

`heat`: for each size and class the map [rows, columns] as it comes out of the ReLU, in logits.
"""

import json

import numpy as np
import timm
import torch
from formula import formula, make
from torch import nn

SIZES = (96, 161)
CLASSES = 3
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


def make_head(features):
    head = nn.Sequential()
    layers = {"bn1": nn.BatchNorm1d(features), "fc1": nn.Linear(features, 512), "relu": nn.ReLU(),
              "bn2": nn.BatchNorm1d(512), "fc2": nn.Linear(512, CLASSES)}
    for name, layer in layers.items():
        head.add_module(name, layer)
    tensors = {name: formula(f"head.{name}", tuple(value.shape)) for name, value in head.state_dict().items() if value.dim() > 0}
    head.load_state_dict(tensors, strict=False)
    return head.eval()


def pixels(size):
    i = np.arange(size * size * 3, dtype=np.int64)
    values = ((i * 7919) % 251).astype(np.uint8).reshape(1, size, size, 3)
    normalised = (values - np.float32(MEAN)) / np.float32(STD)
    return torch.from_numpy(normalised.astype(np.float32)).permute(0, 3, 1, 2).contiguous()


def heat_maps(body, head, size):
    kept = []
    hook = body.layer4.register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    body.forward_features(pixels(size))
    hook.remove()
    (activations,) = kept
    features = torch.cat([activations.amax((2, 3)), activations.mean((2, 3))], 1)
    logits = head(features)[0]
    maps = []
    for logit in logits:
        (gradient,) = torch.autograd.grad(logit, activations, retain_graph=True)
        alpha = gradient.mean((2, 3), keepdim=True)
        maps.append(torch.relu((alpha * activations).sum(1))[0].tolist())
    return maps


torch.set_num_threads(1)
body = make("resnet18")
head = make_head(1024)
print(json.dumps({
    "versions": {"torch": torch.__version__, "timm": timm.__version__},
    "heat": {size: heat_maps(body, head, size) for size in SIZES},
}, indent=1))

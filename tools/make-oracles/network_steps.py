"""Writes libs/classifier/src/fixtures/network-steps.json: the losses of whole networks that PyTorch trains, body and head.

The weights are the formula of formula.py, in the head's two linear layers too; pictures, labels and dropout masks are formulas of
integers. So the fixture holds losses only. The head starts small, in its second batch-norm and last layer (`scale`): with a larger one
the body's gradients are so large that on Lite0 two precisions of PyTorch part by 3 % within three plain steps of 1e-3. AdamW's
steps hardly depend on how large a gradient is, so it may start smaller still; scale and rates are such that a body's learning moves its
losses by more than three times what rounding does, which the test asserts.

    python3 -m venv /tmp/oracles && /tmp/oracles/bin/pip install torch timm numpy
    /tmp/oracles/bin/python tools/make-oracles/network_steps.py > libs/classifier/src/fixtures/network-steps.json
    npx biome format --write libs/classifier/src/fixtures/network-steps.json

`sgd`: 5 plain steps at 1e-3 on one batch. `adamw`: 20 steps on four batches in turn, with a rate per layer group and a beta1 that
change from step to step. Each in both precisions: how far single is from double is how far a correct implementation may be.
`still` is double with a body that does not learn: how far it is from double is how much of the body's learning the losses show.
"""

import json

import numpy as np
import timm
import torch
from formula import formula
from torch import nn

SIZE, CLASSES, HIDDEN = 64, 3, 512
# Batch-norms of the body, pictures (Ursa's batch is 8 rows: those beyond weigh nothing), dropout.
WAYS = ((False, 8, 0), (True, 6, 0.5))
# Of AdamW at its last step.
SLOW = {"body-low": 3e-5, "body-high": 1e-4, "head": 1e-3}
FAST = {"body-low": 1e-4, "body-high": 3e-4, "head": 1e-3}
BACKBONES = {
    "resnet18": {"timm": "resnet18", "mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375),
                 "low": ("conv1", "bn1", "layer1", "layer2"),
                 "scale": {False: {"sgd": 0.1, "adamw": 0.1}, True: {"sgd": 0.1, "adamw": 0.1}}, "rates": {False: SLOW, True: SLOW}},
    "efficientnet_lite0": {"timm": "tf_efficientnet_lite0", "mean": (127,) * 3, "std": (128,) * 3,
                           "low": ("conv_stem", "bn1", *(f"blocks.{i}" for i in range(5))),
                           "scale": {False: {"sgd": 0.15, "adamw": 0.01}, True: {"sgd": 0.03, "adamw": 0.03}},
                           "rates": {False: FAST, True: SLOW}},
}


def pixels(step):
    """[8, SIZE, SIZE, 3] of 0..255: stripes whose distance depends on the class."""
    b, y, x, c = np.ogrid[:8, :SIZE, :SIZE, :3]
    return (x * (3 + 4 * (b % CLASSES)) + y * (5 + 2 * b) + 37 * c + 53 * step) % 256


def mask(count, rate, step):
    kept = (7919 * (np.arange(8 * count) + step)) % 97 >= 97 * rate
    return torch.from_numpy(kept.reshape(8, count) / (1 - rate))


class Network(nn.Module):
    def __init__(self, backbone, train_bn, scale):
        super().__init__()
        self.backbone, self.train_bn = backbone, train_bn
        self.body = timm.create_model(backbone["timm"], num_classes=0, global_pool="")
        self.body.load_state_dict({name: formula(name, tuple(value.shape)) for name, value in self.body.state_dict().items()
                                   if value.dim() > 0}, strict=False)
        features = 2 * self.body.num_features
        self.bn1, self.fc1 = nn.BatchNorm1d(features), nn.Linear(features, HIDDEN)
        self.bn2, self.fc2 = nn.BatchNorm1d(HIDDEN), nn.Linear(HIDDEN, CLASSES)
        for name in ("fc1", "fc2"):
            layer = getattr(self, name)
            nn.init.zeros_(layer.bias)
            layer.weight.data = formula(f"head.{name}.weight", tuple(layer.weight.shape))
        self.fc2.weight.data *= scale
        nn.init.constant_(self.bn2.weight, 0.1)

    def forward(self, x, masks):
        self.train()
        self.body.train(self.train_bn)
        x = self.body.forward_features(x)
        x = self.bn1(torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1)) * masks[0]
        return self.fc2(self.bn2(torch.relu(self.fc1(x))) * masks[1])

    def rates(self):
        return self.backbone["rates"][self.train_bn]

    def groups(self):
        """(layer group, is decayed) -> what is learned."""
        result = {}
        for name, parameter in self.named_parameters():
            if not parameter.requires_grad:
                continue
            layer = name.removeprefix("body.")
            is_low = layer != name and layer.startswith(tuple(f"{low}." for low in self.backbone["low"]))
            group = "head" if layer == name else "body-low" if is_low else "body-high"
            result.setdefault((group, parameter.dim() > 1), []).append(parameter)
        return result


def loss_of(network, step, pictures, dropout):
    """Of the pictures of batch `step` modulo 4, with the dropout of step `step`."""
    dtype = network.fc1.weight.dtype
    mean, std = (torch.tensor(network.backbone[key], dtype=dtype) for key in ("mean", "std"))
    x = (torch.from_numpy(pixels(step % 4)).to(dtype) - mean) / std
    x = x.permute(0, 3, 1, 2).contiguous()
    masks = [mask(layer.in_features, rate, step)[:pictures].to(dtype)
             for layer, rate in ((network.fc1, dropout / 2), (network.fc2, dropout))]
    return nn.functional.cross_entropy(network(x[:pictures], masks), torch.arange(pictures) % CLASSES)


def sgd(network, *how):
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=1e-3)
    losses = []
    for _ in range(5):
        loss = loss_of(network, 0, *how)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


def adamw(network, *how):
    optimizer = torch.optim.AdamW([{"params": parameters, "name": group, "weight_decay": 0.01 if is_decayed else 0}
                                   for (group, is_decayed), parameters in network.groups().items()], eps=1e-5)
    losses = []
    for step in range(20):
        for group in optimizer.param_groups:
            group["lr"], group["betas"] = network.rates()[group["name"]] * (step + 1) / 20, (0.95 - 0.005 * step, 0.99)
        loss = loss_of(network, step, *how)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


def losses_of(train, backbone, train_bn, *how):
    scale = backbone["scale"][train_bn][train.__name__]
    single, double, still = (Network(backbone, train_bn, scale).to(dtype) for dtype in (torch.float, torch.double, torch.double))
    still.body.requires_grad_(False)
    return {"single": train(single, *how), "double": train(double, *how), "still": train(still, *how)}


torch.set_num_threads(1)
print(json.dumps({
    "versions": {"torch": torch.__version__, "timm": timm.__version__},
    "cases": [{"backbone": name, "trainBn": train_bn, "pictures": pictures, "dropout": dropout, "scale": backbone["scale"][train_bn],
               "rates": backbone["rates"][train_bn],
               "sgd": losses_of(sgd, backbone, train_bn, pictures, dropout),
               "adamw": losses_of(adamw, backbone, train_bn, pictures, dropout)}
              for name, backbone in BACKBONES.items() for train_bn, pictures, dropout in WAYS],
}, indent=1))

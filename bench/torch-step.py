"""One training step of PyTorch whenever a line comes in: what `ursa bench train` compares with. Needs torch and timm.

Arguments: model (resnet34, efficientnet_lite0) and threads. Lines: "full" or "tail"; answers: {"seconds": ..., "rssMb": ...}.
The network is timm's, with fastai's head; batch-norms of the body in inference mode, AdamW, channels_last: the fastest that PyTorch
offers here. "tail" trains layer4 and the head (Lite0: blocks 5 and 6, conv_head, head) on activations that are there already.
"""

import json
import resource
import sys
import time

import timm
import torch
from torch import nn

MODELS = {
    "resnet34": ("resnet34", lambda body: [body.layer4]),
    "efficientnet_lite0": ("tf_efficientnet_lite0", lambda body: [body.blocks[5:], body.conv_head, body.bn2]),
}
# What reaches the tail of a 224 pixel picture.
TAIL_INPUT = {"resnet34": (256, 14, 14), "efficientnet_lite0": (112, 14, 14)}
BATCH, SIZE, CLASSES, HIDDEN = 16, 224, 3, 512


class PooledHead(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.layers = nn.Sequential(nn.BatchNorm1d(2 * channels), nn.Dropout(0.25), nn.Linear(2 * channels, HIDDEN), nn.ReLU(),
                                    nn.BatchNorm1d(HIDDEN), nn.Dropout(0.5), nn.Linear(HIDDEN, CLASSES))

    def forward(self, x):
        return self.layers(torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1))


def main(model, threads):
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    name, tail_of = MODELS[model]
    body = timm.create_model(name, num_classes=0, global_pool="").eval().to(memory_format=torch.channels_last)
    head = PooledHead(body.num_features).train()
    tail = nn.Sequential(*tail_of(body))
    labels = torch.arange(BATCH) % CLASSES
    pictures = torch.rand(BATCH, 3, SIZE, SIZE).contiguous(memory_format=torch.channels_last)
    cached = torch.rand(BATCH, *TAIL_INPUT[model]).contiguous(memory_format=torch.channels_last)
    ways = {
        "full": (body.forward_features, pictures, [*body.parameters(), *head.parameters()]),
        "tail": (tail, cached, [*tail.parameters(), *head.parameters()]),
    }
    optimizers = {way: torch.optim.AdamW(learned, lr=1e-5, betas=(0.9, 0.99), eps=1e-5, weight_decay=0.01)
                  for way, (_, _, learned) in ways.items()}
    for line in sys.stdin:
        way = line.strip()
        forward, x, _ = ways[way]
        started = time.perf_counter()
        optimizers[way].zero_grad()
        nn.functional.cross_entropy(head(forward(x)), labels).backward()
        optimizers[way].step()
        seconds = time.perf_counter() - started
        print(json.dumps({"seconds": seconds, "rssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)


main(*sys.argv[1:])

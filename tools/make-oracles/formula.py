"""Weights and pictures that are formulas of an index; libs/classifier/src/fixtures/formula-weights.fixture.ts has the same ones.

Integers up to the last step, so both sides get the same bits.
"""

import numpy as np
import timm
import torch


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
    if len(shape) > 1:
        values = values * np.sqrt(12 / np.prod(shape[1:]))
    elif name.endswith(("running_var", "weight")):
        values = 1 + 0.4 * values
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def make(name):
    """A backbone by its timm name, in inference mode."""
    model = timm.create_model(name, num_classes=0)
    tensors = {key: formula(key, tuple(value.shape)) for key, value in model.state_dict().items() if value.dim() > 0}
    model.load_state_dict(tensors, strict=False)
    return model.eval()


def picture(batch, size, first=0):
    i = np.arange(batch * size * size * 3, dtype=np.float64) + first
    x = np.sin(0.37 * i) + ((7919 * i) % 97) / 97 - 0.5
    return torch.from_numpy(x.astype(np.float32).reshape(batch, size, size, 3)).permute(0, 3, 1, 2).contiguous()


def describe(value):
    """Of a map: shape (NHWC), mean, mean magnitude, first 8 values."""
    nhwc = value.detach().permute(0, 2, 3, 1).double()
    return [list(nhwc.shape), nhwc.mean().item(), nhwc.abs().mean().item(), nhwc.flatten()[:8].tolist()]

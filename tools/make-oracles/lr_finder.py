"""Writes libs/classifier/src/fixtures/lr-finder.json: fastai 2.7's learning-rate finder and fastai 1's rates of layer groups.

Run once, with nothing installed: python tools/make-oracles/lr_finder.py > libs/classifier/src/fixtures/lr-finder.json
Follows callback/schedule.py (LRFinder, valley, steep, lr_find) and learner.py (AvgSmoothLoss, lr_range) loop by loop.
"""
import json
import math

NUM_IT, START, END = 100, 1e-7, 10


def noise(i, amount):
    return amount * math.sin(12.9898 * i * i + 4.1)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def bears(i, lr):
    """Falls from 1.4 to 0.2 around 1e-3 and bursts above 0.3."""
    return 1.4 - 1.2 * sigmoid(2 * math.log(lr / 1e-3)) + (lr / 0.3) ** 3 + noise(i, 0.05)


def flat(i, lr):
    return 1.1 + noise(i, 0.02)


def rising(i, lr):
    return 1 + 0.01 * i


def bumpy(i, lr):
    return 1.3 - 0.9 * sigmoid(3 * math.log(lr / 1e-4)) + 0.3 * math.sin(i / 3) + (lr / 0.05) ** 2


def broken(i, lr):
    return math.nan if lr > 1 else bears(i, min(lr, 0.2))


def find(loss_of):
    lrs, losses, best, average = [], [], math.inf, 0.0
    for train_iter in range(NUM_IT):
        lr = START * (END / START) ** (train_iter / NUM_IT)
        loss = loss_of(train_iter, lr)
        average = loss + 0.98 * (average - loss)
        smooth = average / (1 - 0.98 ** (train_iter + 1))
        lrs.append(lr)
        losses.append((loss, smooth))
        if math.isnan(smooth):
            break
        best = min(best, smooth)
        if smooth > 4 * best:
            break
    return lrs, losses


def valley(lrs, losses):
    n = len(losses)
    max_start, max_end = 0, 0
    lds = [1] * n
    for i in range(1, n):
        for j in range(0, i):
            if (losses[i] < losses[j]) and (lds[i] < lds[j] + 1):
                lds[i] = lds[j] + 1
            if lds[max_end] < lds[i]:
                max_end = i
                max_start = max_end - lds[max_end]
    sections = (max_end - max_start) / 3
    return lrs[max_start + int(sections) + int(sections / 2)]


def steep(lrs, losses):
    grads = [(b - a) / (math.log(q) - math.log(p)) for a, b, p, q in zip(losses, losses[1:], lrs, lrs[1:])]
    return lrs[min(range(len(grads)), key=lambda i: grads[i])]


def curve(loss_of):
    lrs, losses = find(loss_of)
    kept, smooth = lrs[NUM_IT // 10:-5], [s for _, s in losses][NUM_IT // 10:-5]
    return {
        "losses": [None if math.isnan(loss) else loss for loss, _ in losses],
        "learningRates": lrs,
        "smoothed": [None if math.isnan(s) else s for _, s in losses],
        "valley": valley(kept, smooth),
        "steepest": steep(kept, smooth),
    }


def lr_range(groups, lower, upper):
    if lower is None:
        return [upper / 10] * (groups - 1) + [upper]
    if groups == 1:
        return [upper]
    step = (upper / lower) ** (1 / (groups - 1))
    return [lower * step ** i for i in range(groups)]


print(json.dumps({
    "curves": {f.__name__: curve(f) for f in (bears, flat, rising, bumpy, broken)},
    "slices": [dict(groups=g, lower=a, upper=b, rates=lr_range(g, a, b)) for g, a, b in (
        (3, 3e-5, 3e-4), (3, 1e-6, 1e-4), (3, None, 3e-3), (2, 1e-5, 1e-3), (1, 1e-5, 1e-3), (5, 1e-6, 1e-3), (1, None, 3e-3))],
}, indent=1))

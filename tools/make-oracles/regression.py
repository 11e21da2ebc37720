"""Writes libs/regression/src/fixtures/regression.json: gradient descent by PyTorch's autograd, closed forms by NumPy.

python tools/make-oracles/regression.py > libs/regression/src/fixtures/regression.json
Needs numpy and torch (seen with 2.4 and 2.15).
"""
import json

import numpy as np
import torch

torch.set_default_dtype(torch.float64)


def descend(x, y, start, rate, batches):
    """Parameters and loss over all points before each update, and after the last. `batches`: indices of each update's points."""
    degree = len(start) - 1
    features = torch.tensor(np.vander(x, degree + 1))
    target = torch.tensor(y)
    parameters = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = torch.optim.SGD([parameters], lr=rate)
    rows = []
    for batch in [*batches, None]:
        with torch.no_grad():
            loss = torch.nn.functional.mse_loss(features @ parameters, target).item()
        rows.append({"parameters": parameters.tolist(), "loss": loss})
        if batch is None:
            return rows
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(features[batch] @ parameters, target[batch]).backward()
        optimizer.step()


def case(name, x, y, start, rate, batches):
    degree = len(start) - 1
    features = np.vander(x, degree + 1)
    best, *_ = np.linalg.lstsq(features, y, rcond=None)
    hessian = 2 / len(x) * features.T @ features
    return {
        "name": name,
        "points": np.stack([x, y], 1).tolist(),
        "start": start,
        "rate": rate,
        # null: all points.
        "batches": [None if len(batch) == len(x) else batch for batch in batches],
        "rows": descend(x, y, start, rate, batches),
        "optimum": {"parameters": best.tolist(), "loss": float(np.mean((features @ best - y) ** 2))},
        "largestRate": float(2 / np.linalg.eigvalsh(hessian)[-1]),
    }


def degrees(x, y, held_x, held_y):
    """Losses of the best polynomials, by Chebyshev's basis: no powers, no normal equations."""
    rows = []
    for degree in range(1, 16):
        fit = np.polynomial.Chebyshev.fit(x, y, degree)
        rows.append({
            "degree": degree,
            "trainLoss": float(np.mean((fit(x) - y) ** 2)),
            "heldOutLoss": float(np.mean((fit(held_x) - held_y) ** 2)),
            "middle": float(fit((x.min() + x.max()) / 2)),
        })
    return rows


random = np.random.default_rng(2018)
x = random.uniform(-1, 1, 100)
y = 3 * x + 2 + random.uniform(0, 1, 100)
every = list(range(100))
shuffled = [random.permutation(100)[:64].tolist() for _ in range(20)]
few_x, held_x = random.uniform(-1, 1, 24), random.uniform(-1, 1, 24)
curve = lambda values: np.sin(3 * values) + random.normal(0, 0.2, len(values))
few_y, held_y = curve(few_x), curve(held_x)
print(json.dumps({
    "cases": [
        case("the lesson", x, y, [-1.0, 1.0], 0.1, [every] * 100),
        case("mini-batches", x, y, [-1.0, 1.0], 0.1, shuffled),
        case("a cubic", few_x, few_y, [0.0, 0.0, -1.0, 1.0], 0.2, [list(range(24))] * 50),
        case("too big", x, y, [-1.0, 1.0], 1.2, [every] * 30),
    ],
    "degrees": {
        "points": np.stack([few_x, few_y], 1).tolist(),
        "heldOut": np.stack([held_x, held_y], 1).tolist(),
        # Far from 0 and wide, as people's own points are.
        "moved": {"shift": 1950.0, "factor": 40.0},
        "rows": degrees(few_x, few_y, held_x, held_y),
    },
}))

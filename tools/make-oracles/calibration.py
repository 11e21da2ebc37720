"""Writes libs/classifier/src/fixtures/calibration.json: calibration error, temperature and F1 by other people's code.

python tools/make-oracles/calibration.py > libs/classifier/src/fixtures/calibration.json
Needs numpy, scipy, scikit-learn and torch (seen with 2.4, 1.17, 1.9 and 2.15).
"""
import json

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from sklearn.metrics import f1_score

COUNT, CLASSES = 80, ["black", "grizzly", "teddy"]


def surely_wrong(seed, scale):
    """Logits that find the label more often than not, `scale` times too sure of it."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, len(CLASSES), COUNT)
    logits = random.normal(0, 1, (COUNT, len(CLASSES)))
    logits[np.arange(COUNT), labels] += 1.5
    return np.round(logits * scale, 3), labels


def expected_calibration_error(confidence, right, bins=15):
    # Guo et al. 2017: bins open below, closed above, weighed by how many are in them.
    edges = np.linspace(0, 1, bins + 1)
    at = np.digitize(confidence, edges[1:-1], right=True)
    gaps = [abs(confidence[at == b].mean() - right[at == b].mean()) * (at == b).mean() for b in np.unique(at)]
    return float(sum(gaps))


def case(seed, scale):
    logits, labels = surely_wrong(seed, scale)
    rows, targets = torch.tensor(logits), torch.tensor(labels)
    loss = lambda temperature: torch.nn.functional.cross_entropy(rows / temperature, targets).item()
    found = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-9})
    probabilities = torch.softmax(rows, 1).numpy()
    predicted, confidence = probabilities.argmax(1), probabilities.max(1)
    return {
        "logits": logits.tolist(),
        "labels": labels.tolist(),
        "temperature": found.x,
        "lossBefore": loss(1),
        "lossAfter": loss(found.x),
        "expectedError": expected_calibration_error(confidence, predicted == labels),
        "f1": f1_score(labels, predicted, average=None).tolist(),
        "covered90": int((confidence >= 0.9).sum()),
        "wrong90": int(((confidence >= 0.9) & (predicted != labels)).sum()),
    }


print(json.dumps({"classes": CLASSES, "cases": [case(1, 3.0), case(2, 0.4), case(3, 1.0)]}))

"""Writes libs/classifier/src/fixtures/confident-learning.json: what cleanlab and SciPy make of labels and features that are formulas.

Run once with cleanlab (which brings NumPy, SciPy and scikit-learn) from PyPI:
python tools/make-oracles/confident_learning.py > libs/classifier/src/fixtures/confident-learning.json
"""
import json
import math

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.rank import get_label_quality_scores
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax
from scipy.stats import fisher_exact

COUNT, WIDTH, CLASSES, FOLDS = 90, 12, 3, 5


def given(index):
    """Every ninth label is another class's."""
    return (index + 1) % CLASSES if index % 9 == 4 else index % CLASSES


labels = np.array([given(i) for i in range(COUNT)])


def noise(i, j):
    """In [0, 1), without a pattern."""
    wave = math.sin(127.1 * i + 311.7 * j) * 43758.5453
    return wave - math.floor(wave)


features = np.array(
    [[noise(i, j) + (0.35 if j % CLASSES == i % CLASSES else 0) for j in range(WIDTH)] for i in range(COUNT)]
)
folds = np.arange(COUNT) // CLASSES % FOLDS
scaled = (features - features.mean(0)) / features.std(0) / math.sqrt(WIDTH)
counts = np.bincount(labels, minlength=CLASSES) + 1
offset = np.log(counts / counts.sum())


def fit(rows, targets):
    def loss(flat):
        logits = rows @ flat.reshape(WIDTH, CLASSES) + offset
        residual = softmax(logits, axis=1) - np.eye(CLASSES)[targets]
        value = -log_softmax(logits, axis=1)[np.arange(len(targets)), targets].sum() + 0.5 * flat @ flat
        return value, (rows.T @ residual).ravel() + flat

    found = minimize(loss, np.zeros(WIDTH * CLASSES), jac=True, method="L-BFGS-B", options={"gtol": 1e-10, "ftol": 1e-15})
    return found.x.reshape(WIDTH, CLASSES)


logits = np.zeros((COUNT, CLASSES))
for fold in range(FOLDS):
    weights = fit(scaled[folds != fold], labels[folds != fold])
    logits[folds == fold] = scaled[folds == fold] @ weights + offset
nll = lambda log_factor: -log_softmax(math.exp(log_factor) * logits, axis=1)[np.arange(COUNT), labels].sum()
factor = math.exp(minimize_scalar(nll, bounds=(math.log(0.05), math.log(50)), method="bounded", options={"xatol": 1e-9}).x)
probabilities = softmax(factor * logits, axis=1).astype(np.float32).astype(np.float64)
margins = get_label_quality_scores(labels, probabilities, method="normalized_margin", adjust_pred_probs=False)
tables = [[[3, 17], [2, 178]], [[10, 40], [5, 195]], [[1, 9], [30, 270]], [[18, 2], [60, 900]]]
print(
    json.dumps(
        {
            "probabilities": probabilities.round(7).ravel().tolist(),
            "thresholds": get_confident_thresholds(labels, probabilities).tolist(),
            "joint": compute_confident_joint(labels, probabilities, calibrate=False).tolist(),
            "order": np.argsort(margins, kind="stable").tolist(),
            "qualities": margins.tolist(),
            "fisher": [{"table": t, "pValue": fisher_exact(t, alternative="greater").pvalue} for t in tables],
        }
    )
)

"""Fixture for test-time augmentation: fastai 1.0's `_tta_only` and `_TTA` (fastai/vision/tta.py), written again with numpy.

Without the random transforms of the training set, which Ursa leaves out. Follows fastai's loop: eight passes whose bits are the
row, the column and the flip; `zoom(scale=1.35, row_pct, col_pct)` on the coordinates, `flip_lr` on the pixels, `crop_pad(row_pct,
col_pct)` last, as the transforms' order has it. The blend is `beta * preds + (1 - beta) * avg_preds` with beta 0.4.

    python3 -m venv /tmp/oracles && /tmp/oracles/bin/pip install numpy scipy
    cd tools/make-oracles && /tmp/oracles/bin/python tta.py > ../../libs/imaging/src/fixtures/tta.json
"""

import json

import numpy as np
from augment import NONE, augment, packed, picture

SCALE, BETA = 1.35, 0.4


def tta_only(source, size):
    for i in range(8):
        row = 1 if i & 1 else 0
        col = 1 if i & 2 else 0
        flip = bool(i & 4)
        yield augment(source, size, {**NONE, "flip": flip, "zoom": SCALE, "zoomRow": row, "zoomColumn": col,
                                     "cropRow": row, "cropColumn": col})


def tta(preds, all_preds):
    avg_preds = np.stack(all_preds).mean(0)
    return preds * BETA + avg_preds * (1 - BETA)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


source = picture(33, 45)
answers = softmax(3 * np.random.default_rng(7).standard_normal((9, 3))).astype(np.float32)
print(json.dumps(dict(
    width=45, height=33, pixels=packed(source), size=24,
    views=[packed(view) for view in tta_only(source, 24)],
    answers=[[float(p) for p in row] for row in answers],
    blended=[float(p) for p in tta(answers[0].astype(float), answers[1:].astype(float))],
)))

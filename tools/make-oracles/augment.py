"""Fixtures for libs/imaging: fastai v1's augmentation and the DCT hash, written again with numpy and scipy.

Follows fastai 1.0's order step by step (a coordinate grid, warped, then turned and zoomed, sampled, lit, flipped,
cropped), where the TypeScript composes everything into one homography.

    python3 -m venv /tmp/oracles && /tmp/oracles/bin/pip install numpy scipy
    /tmp/oracles/bin/python tools/make-oracles/augment.py > libs/imaging/src/fixtures/augment.json
"""

import base64
import json

import numpy as np
from scipy.fft import dct
from scipy.ndimage import map_coordinates

NONE = dict(flip=False, flipVertical=False, transpose=False, rotateDegrees=0, zoom=1, zoomRow=0.5, zoomColumn=0.5, warp=[0, 0, 0, 0],
            brightness=0, contrast=1, cropRow=0.5, cropColumn=0.5)
CASES = {
    "nothing": {},
    "flip and corner crop": dict(flip=True, cropRow=0.1, cropColumn=0.9),
    "upside down": dict(flipVertical=True, cropRow=0.2),
    "transposed": dict(transpose=True, cropRow=0.9, cropColumn=0.1),
    "turned a quarter": dict(flipVertical=True, transpose=True, zoom=1.05, zoomRow=0.1),
    "rotate": dict(rotateDegrees=9.5),
    "zoom at a point": dict(zoom=1.1, zoomRow=0.2, zoomColumn=0.8),
    "warp": dict(warp=[0.2, -0.1, 0.15, -0.05]),
    "light": dict(brightness=0.4, contrast=1.25),
    "everything": dict(flip=True, rotateDegrees=-7, zoom=1.07, zoomRow=0.9, zoomColumn=0.3,
                       warp=[-0.15, 0.1, 0.05, -0.2], brightness=-0.35, contrast=0.82, cropRow=0.7, cropColumn=0.2),
}


def picture(height, width):
    y, x = np.mgrid[0:height, 0:width] / 7.0
    channels = [np.sin(1.3 * x + 0.4 * y), np.cos(0.7 * y - x), np.sin(x * y / 3.0)]
    return np.round(127.5 + 120 * np.stack(channels, -1)).astype(np.uint8)


def warp(grid, m):
    ends = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], float)
    starts = np.array([[-1 - m[3], -1 - m[1]], [-1 - m[2], 1 + m[1]], [1 + m[3], -1 - m[0]], [1 + m[2], 1 + m[0]]])
    rows, right = [], []
    for (x, y), (u, v) in zip(starts, ends):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    h = np.append(np.linalg.solve(np.array(rows), np.array(right)), 1).reshape(3, 3)
    moved = np.concatenate([grid, np.ones(grid.shape[:2] + (1,))], -1) @ h.T
    return moved[..., :2] / moved[..., 2:]


def affine(grid, a, height, width):
    t = np.deg2rad(a["rotateDegrees"])
    rotate = np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])
    s = 1 - 1 / a["zoom"]
    zoom = np.array([[1 / a["zoom"], 0, s * (2 * a["zoomColumn"] - 1)],
                     [0, 1 / a["zoom"], s * (2 * a["zoomRow"] - 1)], [0, 0, 1]])
    m = rotate @ zoom
    m[0, 1] *= height / width
    m[1, 0] *= width / height
    return grid @ m[:2, :2].T + m[:2, 2]


def augment(source, size, a):
    h, w = source.shape[:2]
    ratio = min(h, w) / size
    height, width = int(np.floor(h / ratio + 0.5)), int(np.floor(w / ratio + 0.5))
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height)), -1)
    grid = affine(warp(grid, a["warp"]), a, height, width)
    at = [(grid[..., 1] + 1) / 2 * (h - 1), (grid[..., 0] + 1) / 2 * (w - 1)]
    # "mirror" reflects at the centre of the border pixel: grid_sample's reflection with align_corners.
    x = np.stack([map_coordinates(source[..., c] / 255.0, at, order=1, mode="mirror") for c in range(3)], -1)
    x = np.clip(x, 1e-7, 1 - 1e-7)
    x = 1 / (1 + np.exp(-(np.log(x / (1 - x)) + a["brightness"]) * a["contrast"]))
    if a["flip"]:
        x = x[:, ::-1]
    if a["flipVertical"]:
        x = x[::-1]
    row = int((height - size + 1) * minus_epsilon(a["cropRow"]))
    column = int((width - size + 1) * minus_epsilon(a["cropColumn"]))
    x = x[row:row + size, column:column + size] * 255
    return x.swapaxes(0, 1) if a["transpose"] else x


def minus_epsilon(position):
    # fastai's: a position of 1 is the last offset and not the one behind it.
    return position - 1e-7 if position == 1 else position


def perceptual_hash(luma):
    low = dct(dct(luma, axis=0), axis=1)[:8, :8]
    bits = "".join("1" if value > np.median(low) else "0" for value in low.flatten())
    return f"{int(bits, 2):016x}"


def packed(values):
    return base64.b64encode(np.round(values).astype(np.uint8).tobytes()).decode()


if __name__ == "__main__":
    source = picture(30, 41)
    luma = picture(32, 32)[..., 0].astype(float)
    cases = [dict(name=name, augmentation={**NONE, **change}, expected=packed(augment(source, 24, {**NONE, **change})))
             for name, change in CASES.items()]
    print(json.dumps(dict(
        augment=dict(width=41, height=30, pixels=packed(source), size=24, cases=cases),
        perceptualHash=dict(luma=packed(luma), expected=perceptual_hash(luma)),
    )))

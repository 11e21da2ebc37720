"""Classifies pictures with an exported model and nothing of Ursa: python classify.py FOLDER PICTURE..."""
import json, sys
from pathlib import Path
import numpy as np, onnxruntime
from PIL import Image, ImageOps

folder, *pictures = sys.argv[1:]
card = json.loads(Path(folder, "model.json").read_text())
session = onnxruntime.InferenceSession(Path(folder, "model.onnx").read_bytes())
size = card["input"]["size"]
for name in pictures:
    picture = ImageOps.exif_transpose(Image.open(name)).convert("RGBA")
    picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    width, height = (round(side * size / min(picture.size)) for side in picture.size)
    left, top = (width - size + 1) // 2, (height - size + 1) // 2
    view = picture.resize((width, height), Image.Resampling.BICUBIC).crop((left, top, left + size, top + size))
    (probabilities,) = session.run(["probabilities"], {"pixels": np.asarray(view)[None]})[0]
    print(json.dumps({"file": name, **dict(zip(card["classes"], probabilities.tolist()))}))

"""Loads an exported model's weights into timm's own network, every tensor of it: python load_in_timm.py FOLDER"""
import json, sys
from pathlib import Path
import timm, torch
from safetensors.torch import load_file

folder = Path(sys.argv[1])
names = {"efficientnet_lite0": "tf_efficientnet_lite0"}
backbone = json.loads((folder / "model.json").read_text())["backbone"]["name"]
weights = load_file(folder / "weights.safetensors")
body = timm.create_model(names.get(backbone, backbone), num_classes=0, global_pool="").eval()
body.load_state_dict({name: tensor for name, tensor in weights.items() if not name.startswith("head.")}, strict=True)
features = body(torch.zeros(1, 3, 224, 224))
print(json.dumps({"backbone": backbone, "tensors": len(weights), "features": list(features.shape)}))

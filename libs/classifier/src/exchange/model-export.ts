// An exported model as files: what belongs to it, and what its README says to whoever has nothing of Ursa.
import type { Temperature } from "@ursa/contracts/evaluation";
import type { ModelCard } from "../model-card.ts";

/** What an import needs, in the order in which they are packed; explain.onnx is made again from the weights. */
export const EXPORT_FILES = ["model.json", "model.onnx", "weights.safetensors"] as const;
export type ExportFile = (typeof EXPORT_FILES)[number];

/** The bytes of a model.json that tells the temperature, and all else as before. */
export function withTemperature(modelJson: Uint8Array, temperature: Temperature): Uint8Array {
  const card: object = JSON.parse(new TextDecoder().decode(modelJson));
  return new TextEncoder().encode(`${JSON.stringify({ ...card, temperature }, null, 2)}\n`);
}

/** How to use the files without Ursa. */
export function exportReadme(card: ModelCard): string {
  const { input, output, backbone, dataset, modelId, stage } = card;
  const classes = card.classes.map(asText);
  const { size, statistics } = input;
  const rows = card.files.map(({ name, bytes, sha256 }) => `| ${name} | ${bytes} | ${sha256} |`);
  return `# ${classes.join(", ")}

An image classifier trained by Ursa: ${modelId}, ${stage}, on dataset ${dataset.id} version ${dataset.version}.
Backbone: ${backbone.name} (${backbone.source}; licence ${backbone.licence}).

## model.onnx (opset 18, no external data)

| | name | type | dimensions |
|---|---|---|---|
| input | \`${input.name}\` | uint8 | [batch, ${size}, ${size}, 3]: rows, columns, RGB (${input.layout}), values 0 to 255 as they are |
| output | \`${output.name}\` | float32 | [batch, ${classes.length}]: softmax, in the order of the classes |

The classes, in that order: ${classes.map((name, i) => `${i} ${name}`).join(", ")}. Any batch size will do.

From a picture to the input: turn it as its EXIF orientation says, lay it on ${input.resize.matte ?? "white"} where it is transparent, make it RGB, scale it so that its short
side is ${size} pixels (bicubic, Catmull-Rom, anti-aliased), keep the centre ${size} x ${size}. Do not normalise: mean [${statistics.mean.join(", ")}] and
standard deviation [${statistics.std.join(", ")}] (in 0 to 255) are inside the network already.

\`\`\`python
import numpy as np, onnxruntime
from PIL import Image, ImageOps
session, size, name = onnxruntime.InferenceSession("model.onnx"), ${size}, "photo.jpg"
picture = ImageOps.exif_transpose(Image.open(name)).convert("RGBA")
picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
width, height = (round(side * size / min(picture.size)) for side in picture.size)
left, top = (width - size + 1) // 2, (height - size + 1) // 2
view = picture.resize((width, height), Image.Resampling.BICUBIC).crop((left, top, left + size, top + size))
(probabilities,) = session.run(["probabilities"], {"pixels": np.asarray(view)[None]})[0]
\`\`\`

${card.files.some(({ name }) => name === "explain.onnx") ? EXPLANATION : ""}${card.temperature ? calibration(card.temperature) : ""}## weights.safetensors

Every parameter in float32. Names without \`head.\` are timm's for ${backbone.name}; \`head.*\` is [max, average] pool, bn1, linear fc1, ReLU, bn2, linear fc2 (PyTorch's layout).

## model.json

Classes, input, metrics of every epoch, recipe and lineage, and the sha256 of the other files.

| file | bytes | sha256 |
|---|---|---|
${rows.join("\n")}

\`ursa model import\` brings these files into another Ursa.
`;
}

const EXPLANATION = `## explain.onnx (opset 18; its weights are those in model.onnx, which it wants in the same folder)

Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391): \`pixels\` as above, for one picture, and \`class\` float32 [1, classes], 1 for
the class that is asked about and 0 for the others, give \`heat\` float32 [1, rows, columns]: what each place of the view adds to that class, 0 or more.

\`\`\`python
explanation = onnxruntime.InferenceSession("explain.onnx")
wanted = np.eye(len(probabilities), dtype=np.float32)[[probabilities.argmax()]]
(heat,) = explanation.run(["heat"], {"pixels": np.asarray(view)[None], "class": wanted})[0]
\`\`\`

`;

const calibration = ({ value, count, lossBefore, lossAfter }: Temperature) => `## How far to believe the probabilities

On ${count} validation pictures a temperature of ${value.toFixed(3)} (Guo et al. 2017, https://arxiv.org/abs/1706.04599) lowers the loss from ${lossBefore.toFixed(4)} to ${lossAfter.toFixed(4)}: the model is
${value > 1 ? "surer than it should be" : "less sure than it could be"}. model.onnx does not apply it; the class that is answered is the same with it.

\`\`\`python
calibrated = probabilities ** (1 / ${value})
calibrated /= calibrated.sum()
\`\`\`

`;

/** Class names are foreign text: in Markdown they are no markup, and no HTML. */
const asText = (name: string): string => name.replace(/[\\`*_[\]<>&|]/g, "\\$&");

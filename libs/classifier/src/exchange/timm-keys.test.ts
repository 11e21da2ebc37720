// weights.safetensors is what timm loads with `strict=True`: of every backbone the same names and the same shapes.
import { readFileSync } from "node:fs";
import { BACKBONES } from "@ursa/contracts/recipe";
import { readSafetensors } from "@ursa/tensor/safetensors";
import { expect, test } from "vitest";
import { DRAWN_RECIPE } from "../drawn-views.fixture.ts";
import { exportModel } from "../export-model.ts";
import { initialHead } from "../head.ts";
import { initialBody } from "../initial-body.ts";
import { createRandom } from "../random.ts";
import { registryEntry } from "../weights-registry.ts";

// Of timm itself; tools/make-oracles/timm_keys.py wrote it and says how to read it.
const { bodies }: { bodies: Record<string, string> } = JSON.parse(
  readFileSync(new URL("../fixtures/timm-keys.json", import.meta.url), "utf8"),
);

const tensorsOf = (line: string): [name: string, shape: string][] =>
  line.split(" ").flatMap((entry) => {
    const [names = "", shape = ""] = entry.split("=");
    const [first = "", ...others] = names.split(",");
    const layer = first.slice(0, first.lastIndexOf(".") + 1);
    return [first, ...others.map((kind) => layer + kind)].map((name): [string, string] => [name, shape]);
  });

test.each(BACKBONES)("an exported %s has timm's tensors, and none besides the head's", async (backbone) => {
  const { backbone: network, source, licence } = registryEntry(backbone);
  const classes = ["black", "grizzly"];
  // Only names and shapes are looked at, and drawing 25 million numbers takes seconds.
  const random = { ...createRandom(1), normal: () => 0.5 };
  const head = initialHead({ features: 2 * network.channels, classes: classes.length }, random);
  const counts = { batchSize: 8, trainCount: 8, validCount: 8, epoch: 1, history: [] };
  const { files } = exportModel(
    {
      ...{ ...counts, classes, head, stage: "stage-1", engines: ["compiled"] },
      recipe: { ...DRAWN_RECIPE, backbone, pretrained: false },
      body: initialBody(network, random),
      origin: { name: backbone, source, licence },
    },
    {
      modelId: "mdl_01J00000000000000000000000",
      createdAt: "2026-01-01T00:00:00.000Z",
      dataset: { id: "ds_01J00000000000000000000000", version: 1, manifestSha256: "0".repeat(64) },
    },
  );
  const written = readSafetensors(
    files.find(({ name }) => name === "weights.safetensors")?.bytes ?? new Uint8Array(),
  ).tensors;
  const body = [...written].filter(([name]) => !name.startsWith("head."));
  const timm = tensorsOf(bodies[backbone] ?? "");
  expect(timm.length).toBeGreaterThan(90);
  expect(Object.fromEntries(body.map(([name, { shape }]) => [name, shape.join("x")]))).toEqual(
    Object.fromEntries(timm),
  );
});

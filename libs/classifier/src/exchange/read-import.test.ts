// What is taken in from outside, and all that is not, each with the sentence that says why.
import { createHash } from "node:crypto";
import { BACKBONES } from "@ursa/contracts/recipe";
import { decodeModel, encodeModel, type ModelProto } from "@ursa/tensor/onnx-proto";
import { readSafetensors, type StoredTensor, writeSafetensors } from "@ursa/tensor/safetensors";
import { beforeAll, expect, test, vi } from "vitest";
import { type ModelFile, writeNetworks } from "../export-model.ts";
import { initialHead } from "../head.ts";
import { initialBody } from "../initial-body.ts";
import { splitNetwork } from "../measure-network.ts";
import type { ModelCard } from "../model-card.ts";
import { loadClassifier } from "../predict.ts";
import { createRandom } from "../random.ts";
import { registryEntry } from "../weights-registry.ts";
import { EXPORTED_SIZE, exportedModel } from "./exported-model.fixture.ts";
import { type ImportFault, REBUILT, readImport } from "./read-import.ts";
import { writeZip } from "./zip.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type Name = ModelFile["name"];
type Files = Record<Name, Uint8Array>;
let exported: Files;

const byName = (files: ModelFile[]): Files =>
  Object.fromEntries(files.map(({ name, bytes }) => [name, bytes])) as Files; // Each of them is there.
const zipOf = (files: Partial<Files>) =>
  Buffer.concat(writeZip(Object.entries(files).map(([name, bytes]) => ({ name: `bears/${name}`, bytes }))));
const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

beforeAll(async () => {
  exported = byName(await exportedModel(["black", "grizzly", "teddy"]));
});

/** The export with files replaced, and model.json's sha256s with them: what someone makes who means it. */
function forged(changes: Partial<Files>, change: (card: ModelCard) => object = (card) => card): Buffer {
  const files = { ...exported, ...changes };
  const card = cardOf(exported);
  const listed = card.files.map((file) => ({ ...file, sha256: sha256Of(files[file.name as Name]) })); // It lists the others.
  return zipOf({ ...files, "model.json": jsonOf(change({ ...card, files: listed })) });
}

const cardOf = (files: Files): ModelCard => JSON.parse(Buffer.from(files["model.json"]).toString());
const jsonOf = (card: object) => Buffer.from(JSON.stringify(card));

function changed(change: (model: ModelProto) => void): Uint8Array {
  const model = decodeModel(exported["model.onnx"]);
  change(model);
  return encodeModel(model);
}

function weights(change: (tensors: Map<string, StoredTensor>) => void): Pick<Files, "weights.safetensors"> {
  const { tensors } = readSafetensors(exported["weights.safetensors"]);
  change(tensors);
  return { "weights.safetensors": writeSafetensors(tensors) };
}

test("an export is taken as it is, and answers a picture with the same bits", async () => {
  const { card, files } = await readImport(zipOf(exported));
  expect(card.classes).toEqual(["black", "grizzly", "teddy"]);
  const imported = Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]));
  const view = Uint8Array.from({ length: EXPORTED_SIZE ** 2 * 3 }, (_, i) => (i * 7) % 256);
  const answerOf = async (from: Record<string, Uint8Array>) => {
    const parts = { modelJson: from["model.json"] ?? view, modelOnnx: from["model.onnx"] ?? view };
    const classifier = await loadClassifier(parts, { threads: 1 });
    const answer = await classifier.predict([view]);
    await classifier.close();
    return answer;
  };
  expect(await answerOf(imported)).toEqual(await answerOf(exported));
});

test("an export of a version that knew no heat maps gets what makes them", async () => {
  const { "explain.onnx": explanation, ...older } = exported;
  const listsNone = (card: ModelCard) => ({ ...card, files: card.files.filter(({ name }) => name !== "explain.onnx") });
  const archive = zipOf({ ...older, "model.json": jsonOf(listsNone(cardOf(exported))) });
  const { card, files } = await readImport(archive);
  expect(Buffer.compare(byName(files)["explain.onnx"], explanation)).toBe(0);
  expect(card.files).toContainEqual({
    ...{ name: "explain.onnx", bytes: explanation.byteLength, sha256: sha256Of(explanation) },
  });
  expect(card.notes).toBeUndefined();
});

test("an explain.onnx is never taken from the archive", async () => {
  const { files } = await readImport(forged({ "explain.onnx": Buffer.from("<!doctype html>") }));
  expect(Buffer.compare(byName(files)["explain.onnx"], exported["explain.onnx"])).toBe(0);
});

type Refused = [what: string, archive: () => Buffer, fault: ImportFault, says: RegExp];
const refused: Refused[] = [
  ["an archive cut short", () => zipOf(exported).subarray(0, 1_000_000), "archive", /cut short/],
  ["no archive", () => Buffer.from("<!doctype html>"), "archive", /no zip archive/],
  [
    "an export without weights",
    () => zipOf({ "model.json": exported["model.json"], "model.onnx": exported["model.onnx"] }),
    "missing_file",
    /0 files named weights/,
  ],
  [
    "a damaged network",
    () => zipOf({ ...exported, "model.onnx": exported["model.onnx"].with(5000, 1) }),
    "sha256",
    /model\.onnx has sha256 .*damaged/,
  ],
  ["a card of another format", () => forged({}, (card) => ({ ...card, format: 2 })), "card", /not a model description/],
  ["a class named twice", () => forged({}, (card) => ({ ...card, classes: ["a", "a", "b"] })), "card", /name twice/],
  [
    "views made by another rule",
    () => forged({}, (card) => ({ ...card, input: { ...card.input, resize: { crop: "none" } } })),
    "card",
    /another rule/,
  ],
  [
    "a backbone that is unknown",
    () => forged({}, (card) => ({ ...card, backbone: { ...card.backbone, name: "vgg16" } })),
    "weights",
    /vgg16/,
  ],
  [
    "other classes than outputs",
    () => forged({}, (card) => ({ ...card, classes: ["a", "b"] })),
    "weights",
    /3 outputs and model.json 2 classes/,
  ],
  [
    "weights that lack a tensor",
    () => forged(weights((all) => all.delete("conv_stem.weight"))),
    "weights",
    /1 missing \(conv_stem.weight\)/,
  ],
  [
    "weights with a tensor of the head too many",
    () => forged(weights((all) => all.set("head.fc3.bias", { shape: [1], data: new Float32Array(1) }))),
    "weights",
    /fc3.bias is unexpected/,
  ],
  [
    "weights that are no numbers",
    () => forged(weights((all) => all.get("head.fc2.bias")?.data.fill(Number.NaN))),
    "weights",
    /NaN or infinity in head.fc2.bias/,
  ],
  [
    "weights that answer nothing",
    () => forged(weights((all) => all.get("head.bn1.running_var")?.data.fill(-1))),
    "network",
    /does not answer one probability for each class/,
  ],
  [
    "pictures larger than any recipe's",
    () => forged({}, (card) => ({ ...card, input: { ...card.input, size: 65_536 } })),
    "card",
    /65536 pixels/,
  ],
  [
    "input statistics that are another backbone's",
    () =>
      forged({}, ({ input, ...card }) => ({
        ...card,
        input: { ...input, statistics: { ...input.statistics, std: [1, 1, 1] } },
      })),
    "card",
    /statistics of model.json are not those of efficientnet_lite0/,
  ],
];

test.each(refused)("%s is refused", async (_what, archive, fault, says) => {
  await expect(readImport(archive())).rejects.toMatchObject({
    name: "ImportRefused",
    fault,
    message: expect.stringMatching(says),
  });
});

type Replaced = [what: string, bytes: () => Uint8Array];
const replaced: Replaced[] = [
  ["that loops", () => changed(({ graph }) => Object.assign(graph.node[0] ?? {}, { opType: "Loop" }))],
  ["with its first operator left out", () => changed(({ graph }) => graph.node.splice(0, 1))],
  ["that is none", () => Buffer.from("<!doctype html>")],
];

test.each(replaced)("a network %s is never opened: it is built again from the weights", async (_what, bytes) => {
  const { card, files } = await readImport(forged({ "model.onnx": bytes() }));
  const taken = byName(files);
  expect(Buffer.compare(taken["model.onnx"], exported["model.onnx"])).toBe(0);
  expect(card.notes).toEqual([REBUILT]);
  expect(JSON.parse(Buffer.from(taken["model.json"]).toString())).toEqual(card);
  expect(card.files).toContainEqual({
    ...{ name: "model.onnx", bytes: exported["model.onnx"].byteLength, sha256: sha256Of(exported["model.onnx"]) },
  });
});

test("what answers is what the weights say, also where model.onnx is another model's", async () => {
  const { files } = await readImport(forged(weights((all) => all.get("head.fc2.bias")?.data.set([0, 1000, 0]))));
  const taken = byName(files);
  const parts = { modelJson: taken["model.json"], modelOnnx: taken["model.onnx"] };
  const classifier = await loadClassifier(parts, { threads: 1 });
  expect(await classifier.predict([new Uint8Array(EXPORTED_SIZE ** 2 * 3)])).toEqual([new Float32Array([0, 1, 0])]);
  await classifier.close();
});

test.each(BACKBONES)("the network of a %s is the same when it is built again from its file of weights", (name) => {
  const { backbone } = registryEntry(name);
  const body = initialBody(backbone, createRandom(1));
  const head = initialHead({ features: backbone.channels * 2, classes: 3 }, createRandom(2));
  const read = splitNetwork(readSafetensors(writeSafetensors(new Map([...body, ...head]))).tensors);
  const [built, again] = [{ body, head }, read].map((network) =>
    writeNetworks(network, { backbone: name, size: EXPORTED_SIZE }).map(({ sha256 }) => sha256),
  );
  expect(again).toEqual(built);
});

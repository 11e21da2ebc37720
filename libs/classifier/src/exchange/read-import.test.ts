// What is taken in from outside, and all that is not, each with the sentence that says why.
import { createHash } from "node:crypto";
import { BACKBONES } from "@ursa/contracts/recipe";
import { decodeModel, encodeModel, type ModelProto } from "@ursa/tensor/onnx-proto";
import { readSafetensors, type StoredTensor, writeSafetensors } from "@ursa/tensor/safetensors";
import { beforeAll, expect, test, vi } from "vitest";
import { traceClassifier } from "../classifier-graph.ts";
import type { ModelFile } from "../export-model.ts";
import { initialHead } from "../head.ts";
import { initialBody } from "../initial-body.ts";
import type { ModelCard } from "../model-card.ts";
import { loadClassifier } from "../predict.ts";
import { createRandom } from "../random.ts";
import { registryEntry } from "../weights-registry.ts";
import { checkNetwork } from "./check-network.ts";
import { EXPORTED_SIZE, exportedModel } from "./exported-model.fixture.ts";
import { type ImportFault, readImport } from "./read-import.ts";
import { writeZip } from "./zip.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type Name = ModelFile["name"];
type Files = Record<Name, Uint8Array>;
let exported: Files;

const byName = (files: ModelFile[]): Files =>
  Object.fromEntries(files.map(({ name, bytes }) => [name, bytes])) as Files; // Each of the three is there.
const zipOf = (files: Partial<Files>) =>
  Buffer.concat(writeZip(Object.entries(files).map(([name, bytes]) => ({ name: `bears/${name}`, bytes }))));
const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

beforeAll(async () => {
  exported = byName(await exportedModel(["black", "grizzly", "teddy"]));
});

/** The export with files replaced, and model.json's sha256s with them: what someone makes who means it. */
function forged(changes: Partial<Files>, change: (card: ModelCard) => object = (card) => card): Buffer {
  const files = { ...exported, ...changes };
  const card: ModelCard = JSON.parse(Buffer.from(exported["model.json"]).toString());
  const listed = card.files.map((file) => ({ ...file, sha256: sha256Of(files[file.name as Name]) })); // It lists the two others.
  return zipOf({ ...files, "model.json": Buffer.from(JSON.stringify(change({ ...card, files: listed }))) });
}

function network(change: (model: ModelProto) => void): Pick<Files, "model.onnx"> {
  const model = decodeModel(exported["model.onnx"]);
  change(model);
  return { "model.onnx": encodeModel(model) };
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
    "data in other files",
    () =>
      forged(
        network(({ graph }) => {
          const [first] = graph.initializer;
          if (first) first.externalData = [{ key: "location", value: "/etc/passwd" }];
        }),
      ),
    "network",
    /other files, which are never read/,
  ],
  [
    "an operator that loops",
    () =>
      forged(
        network(({ graph }) => {
          const [first] = graph.node;
          if (first) first.opType = "Loop";
        }),
      ),
    "network",
    /operator Loop/,
  ],
  [
    "an operator of someone's own",
    () =>
      forged(
        network(({ graph }) => {
          const [first] = graph.node;
          if (first) first.domain = "evil";
        }),
      ),
    "network",
    /operator evil\./,
  ],
  [
    "parts that the schema does not know",
    () => forged({ "model.onnx": Buffer.concat([exported["model.onnx"], Buffer.from([0xca, 0x01, 0x00])]) }),
    "network",
    /parts that Ursa never writes/,
  ],
  [
    "another input",
    () =>
      forged(
        network(({ graph }) => {
          const [first] = graph.input;
          if (first) first.name = "image";
        }),
      ),
    "network",
    /input of model\.onnx should be pixels \[batch,64,64,3\] and is image/,
  ],
  [
    "a network that cannot be run",
    () =>
      forged(
        network(({ graph }) => {
          graph.node.splice(3, 1);
        }),
      ),
    "network",
    /cannot be run/,
  ],
];

test.each(refused)("%s is refused", async (_what, archive, fault, says) => {
  await expect(readImport(archive())).rejects.toMatchObject({
    name: "ImportRefused",
    fault,
    message: expect.stringMatching(says),
  });
});

test.each(BACKBONES)("the network of a %s has only operators that are taken", (name) => {
  const { backbone, statistics } = registryEntry(name);
  const body = { backbone, statistics, weights: initialBody(backbone, createRandom(1)) };
  const head = initialHead({ features: backbone.channels * 2, classes: 3 }, createRandom(2));
  const { bytes } = traceClassifier({ body, head, size: EXPORTED_SIZE, output: "probabilities" });
  const card: ModelCard = JSON.parse(Buffer.from(exported["model.json"]).toString());
  expect(() => checkNetwork(bytes, card)).not.toThrow();
});

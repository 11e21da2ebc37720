// Records as workers leave them, without any worker.
import { createHash } from "node:crypto";
import { newId } from "@ursa/catalog/new-id";
import type { Dataset, Item } from "@ursa/contracts/dataset";
import { type Evaluation, evaluationResultSchema } from "@ursa/contracts/evaluation";
import type { RecordKind } from "@ursa/contracts/ids";
import { type Inspection, type InspectionResult, inspectionResultSchema } from "@ursa/contracts/inspection";
import type { Artifact, Model } from "@ursa/contracts/model";
import type { Prediction, PredictionRow } from "@ursa/contracts/prediction";
import { recipeSchema } from "@ursa/contracts/recipe";
import type { RecordState } from "@ursa/contracts/record";
import type { Suspect } from "@ursa/contracts/suspect";
import type { Sweep } from "@ursa/contracts/sweep";
import { keys } from "@ursa/store/keys";
import type { World } from "./api-world.fixture.ts";

export type Stored = Pick<World, "catalog" | "store">;

export const sha256Of = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export function base(kind: RecordKind, state: RecordState) {
  const now = new Date().toISOString();
  const owner = { namespace: "default", id: newId(kind) };
  return { ...owner, state, createdAt: now, updatedAt: now, enqueued: 1, fence: state === "queued" ? 0 : 1 };
}

export async function seedDataset(
  { catalog, store }: Stored,
  { state = "ready", items = ITEMS, ...more }: Partial<Dataset> & { items?: Item[] } = {},
): Promise<Dataset> {
  const record: Dataset = {
    ...base("dataset", state),
    version: 1,
    classes: ["black", "teddy"],
    options: { validFraction: 0.2, splitSeed: 42, maxFailedFraction: 0.5 },
    listed: items.length,
    shards: 1,
    ...more,
  };
  await store.put(keys.dataset.plan(record, 0), "{}\n");
  if (state === "ready") {
    const text = items.map((item) => `${JSON.stringify(item)}\n`).join("");
    const key = keys.dataset.manifest(record, 1);
    await store.put(key, text);
    record.manifest = { key, sha256: sha256Of(text), items: items.length };
  }
  return catalog.create("dataset", record);
}

/** Of ITEMS, as `assemble` counts them. */
export const COUNTS: NonNullable<Dataset["counts"]> = {
  outcomes: { ok: 10, http_4xx: 1, bad_scheme: 1 },
  classes: ["black", "teddy"].map((name) => ({
    ...{ class: name, listed: 6, outcomes: { ok: 5 }, train: 4, valid: 1, test: 0, validFraction: 0.2 },
  })),
};

const sides = ["train", "train", "train", "train", "valid"] as const;

/** Ten usable pictures of two classes, and two lines that came to nothing. */
export const ITEMS: Item[] = [
  ...Array.from(
    { length: 10 },
    (_, n): Item => ({
      ...line(n, n < 5 ? "black" : "teddy"),
      outcome: "ok",
      sha256: sha256Of(`picture ${n}`),
      split: sides[n % 5] ?? "train",
    }),
  ),
  { ...line(10, "black"), outcome: "http_4xx", reason: "HTTP status 404" },
  { ...line(11, "teddy"), outcome: "bad_scheme", reason: 'no URL: "=1+1", says the list' },
];

function line(index: number, name: string) {
  const url = `https://pictures.example/${name}/${index}.jpg`;
  return { index, key: String(index), class: name, url, source: `urls_${name}.txt`, line: index + 1 };
}

export async function seedModel(
  { catalog, store }: Stored,
  { state = "ready", ...more }: Partial<Model> = {},
): Promise<Model> {
  const record: Model = {
    ...base("model", state),
    dataset: { id: newId("dataset"), version: 1, manifestSha256: sha256Of("manifest") },
    recipe: recipeSchema.parse({}),
    classes: ["black", "teddy"],
    epochs: state === "ready" ? [EPOCH] : [],
    checkpoints: [],
    stages: [],
    artifacts: [],
    ...more,
  };
  if (state !== "ready") return catalog.create("model", record);
  for (const name of ["model.onnx", "model.json"] as const) {
    const key = keys.model.artifact(record, 1, { stage: "stage-1", name });
    const bytes = `the bytes of ${name}`;
    await store.put(key, bytes);
    const artifact: Artifact = { stage: "stage-1", name, key, bytes: bytes.length, sha256: sha256Of(bytes) };
    record.artifacts.push(artifact);
  }
  return catalog.create("model", record);
}

export const EPOCH: Model["epochs"][number] = {
  ...{ stage: "stage-1", epoch: 1, trainLoss: 0.7, trainLossEval: 0.5, validLoss: 0.6, errorRate: 0.25, wrong: 1 },
  ...{ validCount: 4, errorRateLow: 0.05, errorRateHigh: 0.7, learningRate: 3e-3, seconds: 2 },
};

export async function seedPrediction(
  { catalog, store }: Stored,
  { state = "ready", ...more }: Partial<Prediction> = {},
): Promise<Prediction> {
  const record: Prediction = {
    ...base("prediction", state),
    model: newId("model"),
    classes: ["black", "teddy"],
    source: "urls",
    inputs: ROWS.length,
    shards: 1,
    ...more,
  };
  await store.put(keys.prediction.plan(record, 0), "{}\n");
  if (state === "ready") {
    const text = ROWS.map((row) => `${JSON.stringify(row)}\n`).join("");
    const key = keys.prediction.results(record, 1);
    await store.put(key, text);
    record.results = { key, sha256: sha256Of(text), rows: ROWS.length };
  }
  return catalog.create("prediction", record);
}

export const ROWS: PredictionRow[] = [
  {
    ...{ index: 0, input: "https://pictures.example/0.jpg", outcome: "ok", class: "teddy", probability: 0.75 },
    predictions: [
      ["teddy", 0.75],
      ["black", 0.25],
    ],
  },
  { index: 1, input: "=cmd()", outcome: "bad_scheme", reason: "no URL" },
];

/** Of a ready one the result is what a worker would have measured on ten pictures. */
export async function seedEvaluation(
  { catalog, store }: Stored,
  { state = "ready", ...more }: Partial<Evaluation> = {},
): Promise<Evaluation> {
  const record: Evaluation = {
    ...base("evaluation", state),
    ...{ model: newId("model"), stage: "stage-1", split: "test", tta: false, classes: ["black", "teddy"] },
    dataset: { id: newId("dataset"), version: 1, manifestSha256: sha256Of("manifest") },
    ...more,
  };
  if (state === "ready") {
    record.summary = {
      ...{ count: 10, wrong: 1, errorRate: 0.1, errorRateLow: 0.01, errorRateHigh: 0.4, loss: 0.3, unread: {} },
    };
    const mostConfused = [{ actual: "teddy", predicted: "black", count: 1 }];
    const lists = { mostConfused, perClass: [], topLosses: [], unreadItems: [] };
    const confusion = [
      [5, 0],
      [1, 4],
    ];
    const measured = { ...record.summary, confusion, ...lists };
    const text = JSON.stringify(
      evaluationResultSchema.parse({ ...record, ...measured, format: 1, evaluationId: record.id }),
    );
    const key = keys.evaluation.result(record, 1);
    await store.put(key, text);
    record.result = { key, bytes: text.length, sha256: sha256Of(text) };
  }
  return catalog.create("evaluation", record);
}

/** Of a ready one the result is what a trainer would have found: two of ten pictures are worth a look; or what is `found`. */
export async function seedInspection(
  { catalog, store }: Stored,
  { state = "ready", found = {}, ...more }: Partial<Inspection> & { found?: Partial<InspectionResult> } = {},
): Promise<Inspection> {
  const record: Inspection = {
    ...base("inspection", state),
    ...{
      classes: ["black", "teddy"],
      dataset: { id: newId("dataset"), version: 1, manifestSha256: sha256Of("manifest") },
    },
    ...more,
  };
  if (state === "ready") {
    record.summary = { count: 10, suspects: 2, suspicions: { label: 1, duplicate: 1 }, unread: 0 };
    const usual = { confidentJoint: [], directionalNoise: [], nearDuplicates: [], worthALook: SUSPECTS };
    const text = JSON.stringify(
      inspectionResultSchema.parse({
        ...{ ...record, ...record.summary, ...usual, ...found },
        ...{ format: 1, inspectionId: record.id },
      }),
    );
    const key = keys.inspection.result(record, 1);
    await store.put(key, text);
    record.result = { key, bytes: text.length, sha256: sha256Of(text) };
  }
  return catalog.create("inspection", record);
}

export const SUSPECTS: Suspect[] = [
  {
    ...{
      key: "3",
      class: "black",
      split: "train",
      outcome: "ok",
      url: "https://pictures.example/black/3.jpg",
      benefit: 0.9,
    },
    reasons: [{ suspicion: "label", benefit: 0.9, looksLike: "teddy", margin: -0.8, says: "looks like teddy" }],
  },
  {
    ...{
      key: "9",
      class: "teddy",
      split: "valid",
      outcome: "ok",
      url: "https://pictures.example/teddy/9.jpg",
      benefit: 0.3,
    },
    reasons: [{ suspicion: "duplicate", benefit: 0.3, of: "8", says: "nearly the same picture as item 8" }],
  },
];

/** Two rates, one run each, whose models are made as `models` says, in the order of the runs; none when left out. */
export async function seedSweep(
  stored: Stored,
  { models = [], ...more }: Partial<Sweep> & { models?: Partial<Model>[] } = {},
): Promise<Sweep> {
  const dataset = { id: newId("dataset"), version: 1, manifestSha256: sha256Of("manifest") };
  const sweep: Sweep = {
    ...base("sweep", "running"),
    ...{ dataset, split: { seed: 42, validFraction: 0.2 }, classes: ["black", "teddy"] },
    ...{ recipe: recipeSchema.parse({}), repeats: 1 },
    cells: [1e-3, 1e-2].map((learningRate) => ({ learningRate, epochs: 4 })),
    runs: [0, 1].map((cell) => ({ cell, seed: 42, model: newId("model") })),
    ...more,
  };
  for (const [at, given] of models.entries()) {
    const id = sweep.runs[at]?.model;
    if (id) await seedModel(stored, { id, sweep: sweep.id, dataset, ...given });
  }
  return stored.catalog.create("sweep", sweep);
}

// The main job through the API, as any caller would do it: lists, dataset, model, alias, classify, batch prediction.
import { createHash } from "node:crypto";
import type { Client } from "@ursa/contracts/client";
import type { Dataset, DatasetSource } from "@ursa/contracts/dataset";
import type { Model } from "@ursa/contracts/model";
import { NAMED_RECIPES, type RecipeName } from "@ursa/contracts/named-recipes";
import type { Classification, Prediction, PredictionRow } from "@ursa/contracts/prediction";
import { predictionRowSchema } from "@ursa/contracts/prediction";
import type { Session } from "../../connect.ts";
import { Failure } from "../../failure.ts";
import { follow } from "../../follow.ts";
import { uploadName } from "../../upload-name.ts";

export type MainJobOptions = {
  lists: { name: string; urls: string[] }[];
  recipe: RecipeName;
  /** Both seeds when given; else the fixed defaults. */
  seed: number | undefined;
  alias: string;
  /** How many pictures to classify one by one, after warming up. */
  classifyCount: number;
  /** Where this process reads a picture whose listed URL only the downloader reaches; the URL itself when left out. */
  nearby?: (url: string) => string;
};

export type MainJob = {
  dataset: Dataset;
  model: Model;
  classified: { url: string; class: string; answer: Classification };
  /** Milliseconds of each single classification, seen from the caller. */
  classifyMs: number[];
  prediction: Prediction;
  rows: PredictionRow[];
  /** From the first submission to the alias that serves the model. */
  servedSeconds: number;
  predictSeconds: number;
};

/** @param known filled with the records as they come, so that a job that fails leaves what is known of it */
export async function runMainJob(
  session: Session,
  options: MainJobOptions,
  known: Partial<MainJob> = {},
): Promise<MainJob> {
  const started = performance.now();
  const dataset = await makeDataset(session, options, known);
  const model = await trainModel(session, { ...options, dataset }, known);
  await session.client.call("putAlias", { params: { name: options.alias }, body: { model: model.id, default: true } });
  const servedSeconds = (performance.now() - started) / 1000;
  session.print.note(`${options.alias} serves ${model.id}`);
  const { classified, classifyMs } = await classifySome(session.client, dataset, options);
  const predictStarted = performance.now();
  const { prediction, rows } = await predictAll(session, dataset, options.alias);
  const predictSeconds = (performance.now() - predictStarted) / 1000;
  return { dataset, model, classified, classifyMs, prediction, rows, servedSeconds, predictSeconds };
}

/** A dataset of the lists, followed to its end. @throws Failure when it ended failed */
export async function makeDataset(
  session: Session,
  { lists, seed }: Pick<MainJobOptions, "lists" | "seed">,
  known: Partial<MainJob> = {},
): Promise<Dataset> {
  const { client, print } = session;
  const sources: DatasetSource[] = [];
  for (const list of lists) sources.push(await uploadList(client, list));
  const options = seed === undefined ? {} : { splitSeed: seed };
  const { id } = await client.call("createDataset", { body: { name: "demo", sources, options } });
  print.note(`dataset ${id}`);
  return toItsEnd(session, { kind: "dataset", id }, async () => {
    known.dataset = await client.call("getDataset", { params: { id } });
    return known.dataset;
  });
}

async function uploadList(client: Client, { name, urls }: { name: string; urls: string[] }): Promise<DatasetSource> {
  const body = `${urls.join("\n")}\n`;
  const upload = uploadName(`urls_${name}.txt`, createHash("sha256").update(body).digest("hex"));
  await client.call("putUpload", { params: { name: upload }, body });
  return { upload, class: name };
}

type TrainOptions = MainJobOptions & { dataset: Dataset };

async function trainModel(
  session: Session,
  { dataset, recipe: name, seed }: TrainOptions,
  known: Partial<MainJob>,
): Promise<Model> {
  const { client, print } = session;
  const { fields } = NAMED_RECIPES[name];
  const recipe = seed === undefined ? fields : { ...fields, seed };
  const { id } = await client.call("createModel", { body: { name: "demo", dataset: dataset.id, recipe } });
  print.note(`model ${id}`);
  return toItsEnd(session, { kind: "model", id }, async () => {
    known.model = await client.call("getModel", { params: { id } });
    return known.model;
  });
}

/** Reads the record however it ended: a failed one says why, and a failure to read it must not hide that. */
async function toItsEnd<T>(
  session: Session,
  { kind, id }: { kind: "dataset" | "model"; id: string },
  read: () => Promise<T>,
): Promise<T> {
  try {
    await follow(session, kind, id);
  } catch (error) {
    await read().catch(() => undefined);
    throw error;
  }
  return read();
}

/** The first answers load and warm the model; what a caller in production sees is what comes after. */
const WARM_UP = 3;

async function classifySome(client: Client, dataset: Dataset, options: MainJobOptions) {
  const query = { split: "valid", outcome: "ok", limit: Math.max(options.classifyCount, WARM_UP) } as const;
  const { items } = await client.call("listItems", { params: { id: dataset.id }, query });
  const [first] = items;
  if (!first) throw new Error(`${dataset.id} has no validation picture to classify.`);
  const answer = await client.call("classifyUrl", { query: { url: first.url } });
  const { nearby = (url) => url } = options;
  const classifyMs: number[] = [];
  for (const item of [...items.slice(0, WARM_UP), ...items.slice(0, options.classifyCount)]) {
    const picture = await readPicture(nearby(item.url));
    const asked = performance.now();
    await client.call("classify", { query: { model: options.alias }, body: picture });
    classifyMs.push(performance.now() - asked);
  }
  return { classified: { url: first.url, class: first.class, answer }, classifyMs: classifyMs.slice(WARM_UP) };
}

/** Some pictures of the gallery are refused at the first attempt, which the downloader's may not have been. */
async function readPicture(url: string): Promise<Uint8Array> {
  const first = await fetch(url);
  const response = first.ok ? first : await fetch(url);
  if (!response.ok) throw new Failure(`The picture at ${url} cannot be read: HTTP status ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

async function predictAll(session: Session, dataset: Dataset, alias: string) {
  const { client } = session;
  const { id } = await client.call("createPrediction", { body: { model: alias, input: { dataset: dataset.id } } });
  await follow(session, "prediction", id);
  const prediction = await client.call("getPrediction", { params: { id } });
  const results = await client.call("getResults", { params: { id }, query: { format: "jsonl" } });
  const text = await results.text();
  const rows = text
    .trimEnd()
    .split("\n")
    .map((line) => predictionRowSchema.parse(JSON.parse(line)));
  return { prediction, rows };
}

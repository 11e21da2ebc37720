// What is left when everything has ended and been mended: manifests, pictures, answers, queues and files, into the history.
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Item } from "@ursa/contracts/dataset";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound } from "@ursa/store/object-store";
import { waitUntil } from "@ursa/testing/wait-until";
import type { Listing } from "./gallery.ts";
import type { World } from "./world.ts";

const NAMESPACE = "default";

/** The rows of a dataset that ended ready, and each picture that they name. */
export async function lookAtDataset(world: World, id: string, lists: readonly Listing[] = world.lists): Promise<void> {
  const { client, history } = world;
  const items: Item[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = { limit: 500, ...(cursor === undefined ? {} : { cursor }) };
    const page = await client.call("listItems", { params: { id }, query });
    items.push(...page.items);
    if (page.next === undefined) break;
    cursor = page.next;
  }
  const rows = items.map(({ index, url, outcome, sha256, bytes }) => ({ index, url, outcome, sha256, bytes }));
  history.add({ type: "manifest", id, listed: lists.flatMap(({ urls }) => urls), rows });
  for (const { outcome, sha256 = "", bytes = 0 } of rows) {
    if (outcome === "ok") history.add({ type: "picture", sha256, bytes, found: await find(world, sha256) });
  }
}

async function find({ store }: World, sha256: string) {
  try {
    const { body } = await store.get(keys.image(NAMESPACE, sha256));
    return { sha256: createHash("sha256").update(body).digest("hex"), bytes: body.byteLength };
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

export async function lookAtPrediction({ client, history }: World, id: string): Promise<void> {
  const { inputs } = await client.call("getPrediction", { params: { id } });
  const text = await (await client.call("getResults", { params: { id }, query: { format: "jsonl" } })).text();
  const indexes = text
    .split("\n")
    .filter(Boolean)
    .map((line): number => JSON.parse(line).index);
  history.add({ type: "results", id, inputs, indexes });
}

/** The numbers of the last stage's weights, without the header, which names the model. */
export async function weightsOf({ client, store }: World, id: string): Promise<string> {
  const { artifacts } = await client.call("getModel", { params: { id } });
  const file = artifacts.findLast(({ name }) => name === "weights.safetensors");
  if (!file) return "none";
  const { body } = await store.get(file.key);
  const header = Number(new DataView(body.buffer, body.byteOffset).getBigUint64(0, true));
  return createHash("sha256")
    .update(body.subarray(8 + header))
    .digest("hex");
}

const DRAINED_WITHIN_MS = 30_000;

/** Queues, which are given a while to drain, and files that jobs should have taken along. */
export async function lookAround({ client, history, folder }: World): Promise<void> {
  const look = async () => (await client.call("operationsStatus", {})).queues;
  const isDrained = async () =>
    (await look()).every(({ waiting, active, delayed }) => waiting + active + delayed === 0);
  const what = "the queues to drain";
  await waitUntil(isDrained, { what, timeoutMs: DRAINED_WITHIN_MS, intervalMs: 200 }).catch(() => undefined);
  for (const { queue: name, waiting, active, delayed } of await look())
    history.add({ type: "queue", name, waiting, active, delayed });
  history.add({ type: "left", files: filesIn(join(folder, "work")).filter((file) => !file.includes("/graphs/")) });
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
  } catch {
    return []; // No worker ever needed the folder.
  }
}

// What the tests of this folder share: a store in a scratch folder, a plan from lists, parts without any network.
import type { Dataset, DatasetOptions, Item } from "@ursa/contracts/dataset";
import type { Outcome } from "@ursa/contracts/outcomes";
import type { ObjectStore } from "@ursa/store/object-store";
import { openStore } from "@ursa/store/open-store";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { assembleDataset } from "./assemble.ts";
import { fetchShard } from "./fetch-shard.ts";
import type { FetchedPicture } from "./picture-fetcher.ts";
import { type DatasetPlan, planDataset } from "./plan-dataset.ts";
import type { PictureTools } from "./try-row.ts";
import { parseUrlList } from "./url-list.ts";

export const OWNER = { namespace: "default", id: "ds_01J00000000000000000000000" };
export const OPTIONS: DatasetOptions = { validFraction: 0.2, splitSeed: 42, maxFailedFraction: 0.5 };
export const NEVER = new AbortController().signal;

export async function openScratchStore(): Promise<ObjectStore & AsyncDisposable> {
  const folder = await createScratchFolder();
  const store = await openStore(`file://${folder.path}`);
  const dispose = async () => {
    await store.close();
    await folder[Symbol.asyncDispose]();
  };
  return Object.assign(store, { [Symbol.asyncDispose]: dispose });
}

/** Lists by class, each URL on a line of its own. */
export async function planLists(
  store: ObjectStore,
  lists: Record<string, string[]>,
  options: Partial<DatasetOptions> = {},
): Promise<DatasetPlan> {
  const sources = Object.entries(lists).map(([name, urls]) => {
    const file = `urls_${name}.txt`;
    return { name: file, rows: parseUrlList(urls.join("\n"), { name: file }) };
  });
  return planDataset({ store, owner: OWNER, sources, options: { ...OPTIONS, ...options } });
}

export function recordOf(plan: DatasetPlan, options: Partial<DatasetOptions> = {}, fence = 1): Dataset {
  const now = new Date(0).toISOString();
  const times = { createdAt: now, updatedAt: now };
  return {
    ...OWNER,
    ...times,
    ...plan,
    state: "running",
    enqueued: 1,
    fence,
    version: 1,
    options: { ...OPTIONS, ...options },
  };
}

/** A world in which a URL's path says what comes of it: `/ok/<content>[/<looks>]`, or `/<outcome>`. */
export const TOLD: PictureTools = {
  fetcher: {
    async fetch(url): Promise<FetchedPicture> {
      const [, outcome, content = ""] = new URL(url).pathname.split("/");
      const base = { attempts: 1, milliseconds: 5 };
      if (outcome === "ok") return { ...base, ok: true, bytes: Buffer.from(content) };
      // The tests write outcomes only.
      return { ...base, ok: false, outcome: outcome as Outcome, reason: `told to be ${outcome}` };
    },
  },
  decoders: {
    async inspect(bytes) {
      const { createHash } = await import("node:crypto");
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      // Contents that end in the same digit look the same.
      const perceptualHash = Buffer.from(bytes).toString().replace(/^.*-/, "").padStart(16, "0");
      const facts = { width: 4, height: 3, format: "jpeg", sha256, perceptualHash } as const;
      return { ok: true, ...facts, prepared: Buffer.from(`prepared ${Buffer.from(bytes)}`) };
    },
  },
};

/** Fetches every shard but those in `lost`, and assembles. */
export async function makeDataset(
  store: ObjectStore,
  plan: DatasetPlan,
  { lost = [], options = {}, fence = 1 }: { lost?: number[]; options?: Partial<DatasetOptions>; fence?: number } = {},
) {
  for (let shard = 0; shard < plan.shards; shard++) {
    if (lost.includes(shard)) continue;
    await fetchShard({ ...TOLD, store, target: "dataset", owner: OWNER, shard, signal: NEVER });
  }
  return assembleDataset({ store, record: recordOf(plan, options, fence), signal: NEVER });
}

export const countBy = (items: readonly Item[], key: "outcome" | "class" | "split") =>
  Object.fromEntries(
    [...Map.groupBy(items, (item) => item[key] ?? "none")].map(([name, { length }]) => [name, length]),
  );

export async function toArray<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

// A store with a dataset of drawn bears, a Redis, and trainers as real processes, for the stories of a training run.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Catalog, createCatalog } from "@ursa/catalog/catalog";
import { newId } from "@ursa/catalog/new-id";
import { datasetOptionsSchema, type Item } from "@ursa/contracts/dataset";
import type { UrsaEvent } from "@ursa/contracts/events";
import type { Model } from "@ursa/contracts/model";
import { type Recipe, recipeSchema } from "@ursa/contracts/recipe";
import { isFinal } from "@ursa/contracts/record";
import { connectProducer } from "@ursa/queue/connection";
import { createProducer } from "@ursa/queue/producer";
import { createEvents } from "@ursa/queue/progress";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { openStore } from "@ursa/store/open-store";
import { BEAR_KINDS, drawBear } from "@ursa/testing/pictures";
import { startRedis } from "@ursa/testing/redis";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";

const NAMESPACE = "default";
/** Of a picture that is not in the store. */
const LOST = "f".repeat(64);
const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

export type World = Awaited<ReturnType<typeof createWorld>>;

/**
 * `perClass` pictures of each kind of bear, the first quarter of them for validation; and as many test items as `lostTests` says,
 * whose pictures are nowhere: who so much as looks at one fails.
 */
export async function createWorld({ perClass, lostTests = 0 }: { perClass: number; lostTests?: number }) {
  await using building = new AsyncDisposableStack();
  const scratch = building.use(await createScratchFolder());
  const redis = building.use(await startRedis());
  const storeUrl = pathToFileURL(join(scratch.path, "store")).href;
  const store = await openStore(storeUrl);
  const catalog = createCatalog({ store });
  const connection = connectProducer(redis.url);
  building.defer(() => connection.close());
  const [producer, events] = [createProducer(connection), createEvents(connection)];
  building.defer(() => producer.close());
  building.defer(() => events.close());
  const env = { URSA_REDIS_URL: redis.url, URSA_STORE_URL: storeUrl, URSA_WORK_DIR: join(scratch.path, "work") };
  const dataset = await drawDataset({ store, catalog }, { perClass, lostTests });
  const owner = (id: string) => ({ namespace: NAMESPACE, id });
  const get = (id: string) => catalog.get("model", NAMESPACE, id);
  const living = building.move();
  return {
    ...{ store, catalog, producer, events, redis, dataset, get, owner },
    workDir: env.URSA_WORK_DIR,
    /** Record first, then the job, as the API does. `given` may name a stage to start from, and some of the classes. */
    async request(
      recipe: Partial<Omit<Recipe, "stage1" | "stage2">> & {
        stage1?: Partial<Recipe["stage1"]>;
        stage2?: Partial<Recipe["stage2"]>;
      } = {},
      given: Partial<Pick<Model, "from" | "classes">> = {},
    ): Promise<Model> {
      const model = await catalog.create("model", {
        ...newModel(dataset, recipeSchema.parse({ phases: ["stage-1"], ...recipe })),
        ...given,
      });
      await producer.enqueueModel(model);
      return model;
    },
    startTrainer(more: Record<string, string> = {}) {
      return living.use(spawnTrainer({ ...env, URSA_PORT: "0", URSA_THREADS: "1", ...more }));
    },
    async ended(id: string): Promise<Model> {
      let model = await get(id);
      const isOver = async () => {
        model = await get(id);
        return isFinal(model.state);
      };
      await waitUntil(isOver, { what: `${id} to end`, timeoutMs: 100_000 });
      return model;
    },
    reached: (id: string, epoch: number) =>
      waitUntil(async () => (await get(id)).epochs.length >= epoch, { what: `epoch ${epoch}`, timeoutMs: 100_000 }),
    async eventsOf(id: string): Promise<UrsaEvent[]> {
      const told: UrsaEvent[] = [];
      for await (const { data } of events.backlog(owner(id))) told.push(data);
      return told;
    },
    [Symbol.asyncDispose]: () => living.disposeAsync(),
  };
}

type Stored = { store: ObjectStore; catalog: Catalog };

async function drawDataset(
  { store, catalog }: Stored,
  { perClass, lostTests }: { perClass: number; lostTests: number },
) {
  const id = newId("dataset");
  const items: Item[] = [];
  for (const [label, kind] of BEAR_KINDS.entries()) {
    for (let seed = 0; seed < perClass; seed += 1) {
      const bytes = await drawBear(kind, seed);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      await store.put(keys.image(NAMESPACE, sha256), bytes);
      const index = label * perClass + seed;
      const split = seed < perClass / 4 ? "valid" : "train";
      items.push({
        index,
        key: String(index),
        class: kind,
        url: "http://bears/",
        outcome: "ok",
        source: kind,
        line: seed,
        rank: seed / perClass,
        sha256,
        split,
      });
    }
  }
  for (let index = items.length; index < 3 * perClass + lostTests; index += 1) {
    const place = { index, key: String(index), url: "http://bears/", source: "test", line: index };
    items.push({ ...place, class: BEAR_KINDS[index % 3] ?? "teddy", outcome: "ok", sha256: LOST, split: "test" });
  }
  const text = items.map((item) => `${JSON.stringify(item)}\n`).join("");
  const key = keys.dataset.manifest({ namespace: NAMESPACE, id }, 1);
  await store.put(key, text);
  const sha256 = createHash("sha256").update(text).digest("hex");
  return catalog.create("dataset", {
    ...newRecord(id),
    ...{ state: "ready", fence: 1, version: 1, classes: [...BEAR_KINDS], listed: items.length, shards: 1 },
    options: datasetOptionsSchema.parse({}),
    manifest: { key, sha256, items: items.length },
  });
}

type ReadyDataset = Awaited<ReturnType<typeof drawDataset>>;

function newModel({ id, version, classes, manifest }: ReadyDataset, recipe: Recipe): Model {
  return {
    ...newRecord(newId("model")),
    dataset: { id, version, manifestSha256: manifest?.sha256 ?? "" },
    ...{ recipe, classes, epochs: [], checkpoints: [], stages: [], artifacts: [] },
  };
}

function newRecord(id: string) {
  const now = new Date().toISOString();
  return { id, namespace: NAMESPACE, state: "queued", createdAt: now, updatedAt: now, enqueued: 1, fence: 0 } as const;
}

/** A trainer of its own process. Its log is kept, and shown where a test fails. */
function spawnTrainer(env: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: { msg?: string; pid?: number; model?: string; url?: string }[] = [];
  if (child.stdout) createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line)));
  const exited = once(child, "exit");
  return {
    lines,
    exited: async (): Promise<number | null> => (await exited)[0],
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    async url(): Promise<string> {
      const find = () => lines.find(({ msg }) => msg === "listening")?.url;
      return (await waitUntil(find, { what: "a trainer to listen", timeoutMs: 60_000 })) ?? "";
    },
    /** Process id of the child that trains this model now. */
    async childOf(model: string): Promise<number> {
      const find = () => lines.findLast((line) => line.msg === "training" && line.model === model)?.pid;
      return (await waitUntil(find, { what: `a child to train ${model}`, timeoutMs: 60_000 })) ?? 0;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

// A store with untrained models and drawn bears, and inferers as real processes, for the stories of answering pictures.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createCatalog } from "@ursa/catalog/catalog";
import { newId } from "@ursa/catalog/new-id";
import type { ModelFile } from "@ursa/classifier/export-model";
import { exportStage1 } from "@ursa/classifier/export-stage-1.fixture";
import { initialHead } from "@ursa/classifier/head";
import { createRandom } from "@ursa/classifier/random";
import type { Artifact, EpochRow, Model } from "@ursa/contracts/model";
import type { Prediction } from "@ursa/contracts/prediction";
import { recipeSchema } from "@ursa/contracts/recipe";
import { keys } from "@ursa/store/keys";
import { openStore } from "@ursa/store/open-store";
import { BEAR_KINDS, drawBear } from "@ursa/testing/pictures";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";

const NAMESPACE = "default";
const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const SHA = "0".repeat(64);
const EPOCH: EpochRow = {
  ...{ stage: "stage-1", epoch: 1, learningRate: 0.003, seconds: 1 },
  ...{ trainLoss: 1, trainLossEval: 1, validLoss: 1, validCount: 1 },
  ...{ wrong: 0, errorRate: 0, errorRateLow: 0, errorRateHigh: 1 },
};

export type World = Awaited<ReturnType<typeof createWorld>>;

export async function createWorld(env: Record<string, string> = {}) {
  await using building = new AsyncDisposableStack();
  const scratch = building.use(await createScratchFolder());
  const storeUrl = pathToFileURL(join(scratch.path, "store")).href;
  const store = await openStore(storeUrl);
  const catalog = createCatalog({ store });
  const living = building.move();
  return {
    ...{ store, catalog, scratch: scratch.path },
    /** A model that was never trained: its answers are arbitrary, but always the same. */
    async storeModel(seed = 1): Promise<Model> {
      const model = newModel();
      const artifacts: Artifact[] = [];
      for (const { name, bytes, sha256 } of await untrainedFiles(model, seed)) {
        const key = keys.model.artifact(model, 1, { stage: "stage-1", name });
        await store.put(key, bytes);
        artifacts.push({ stage: "stage-1", name, key, bytes: bytes.byteLength, sha256 });
      }
      return catalog.create("model", { ...model, artifacts });
    },
    async storePicture(bytes: Uint8Array): Promise<string> {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      await store.put(keys.image(NAMESPACE, sha256), bytes);
      return sha256;
    },
    bear: (seed: number) => drawBear(BEAR_KINDS[seed % 3] ?? "teddy", seed),
    newPrediction: (model: Model, sizes: { inputs: number; shards: number }): Prediction => ({
      ...newRecord(newId("prediction")),
      ...{ model: model.id, classes: model.classes, source: "items", ...sizes },
    }),
    startInferer(role: "classify" | "batch", more: Record<string, string> = {}) {
      return living.use(
        spawnInferer({ URSA_STORE_URL: storeUrl, URSA_PORT: "0", URSA_ROLE: role, URSA_THREADS: "1", ...env, ...more }),
      );
    },
    [Symbol.asyncDispose]: () => living.disposeAsync(),
  };
}

export async function untrainedFiles(
  { id, createdAt, dataset, classes, recipe }: Model,
  seed: number,
): Promise<ModelFile[]> {
  const { stage1, validFraction: _, ...flat } = recipe;
  const head = initialHead({ features: 2560, classes: classes.length }, createRandom(seed));
  const counts = { batchSize: 64, trainCount: 9, validCount: 3 };
  const trained = { recipe: { ...flat, ...stage1 }, classes, ...counts, head, epoch: 1, history: [EPOCH], engines: [] };
  return (await exportStage1(trained, { modelId: id, createdAt, dataset })).files;
}

export function newModel(): Model {
  return {
    ...newRecord(newId("model")),
    ...{ state: "ready", fence: 1, classes: [...BEAR_KINDS], epochs: [EPOCH], checkpoints: [], artifacts: [] },
    dataset: { id: newId("dataset"), version: 1, manifestSha256: SHA },
    recipe: recipeSchema.parse({ size: 96 }),
    stages: [{ name: "stage-1", errorRate: 0, validLoss: 1, seconds: 1 }],
  };
}

function newRecord(id: string) {
  const now = new Date().toISOString();
  return { id, namespace: NAMESPACE, state: "queued", createdAt: now, updatedAt: now, enqueued: 1, fence: 0 } as const;
}

function spawnInferer(env: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: { msg?: string; url?: string }[] = [];
  if (child.stdout) createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line)));
  const exited = once(child, "exit");
  return {
    lines,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    exited: async (): Promise<number | null> => (await exited)[0],
    async url(): Promise<string> {
      const find = () => {
        if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${JSON.stringify(lines)}`);
        return lines.find(({ msg }) => msg === "listening")?.url;
      };
      return (await waitUntil(find, { what: "an inferer to listen", timeoutMs: 60_000 })) ?? "";
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

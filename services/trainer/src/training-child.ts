// The process that trains: started by the trainer for one job, it sees the store and its own decoders, and no Redis.
// It imports the tensor library, which the trainer itself never does.
import { join } from "node:path";
import { createCatalog, FenceLost } from "@ursa/catalog/catalog";
import { openActivationCache } from "@ursa/classifier/activation-cache";
import { DEFAULT_WEIGHTS_DIR } from "@ursa/classifier/weights-folder";
import { Problem } from "@ursa/contracts/problem";
import { openEngine } from "@ursa/engine/open-engine";
import { startDecoderPool } from "@ursa/imaging/decoder-pool";
import { loadConfig } from "@ursa/service/config";
import { isDiskFull } from "@ursa/service/disk-full";
import { createLogger } from "@ursa/service/logger";
import { StoreUnavailable } from "@ursa/store/object-store";
import { openConfigured } from "@ursa/store/start-store";
import { trainerConfig } from "./config.ts";
import { inspectDataset } from "./inspect-dataset.ts";
import { kindOf } from "./kind-of.ts";
import { connectParent, type ParentLink } from "./parent-link.ts";
import { isAllocationFailure } from "./smaller-batch.ts";
import { thinProgress } from "./thin-progress.ts";
import { trainModel } from "./train-model.ts";

const link = await connectParent();
const config = loadConfig(trainerConfig);
const log = createLogger({ service: "training", level: config.URSA_LOG_LEVEL });
try {
  const { owner, fence, engine } = link.start;
  log.info({ model: owner.id, fence, engine, threads: config.URSA_THREADS }, "training");
  await (kindOf(owner) === "inspection" ? inspect(link) : train(link));
} catch (error) {
  if (!link.signal.aborted) {
    const failure = failureOf(error);
    const details = { err: error, model: link.start.owner.id };
    if (failure.type === "failed") log.error(details, "training failed");
    await link.tell(failure);
  }
}
link.close();

async function inspect({ start: { owner, fence, workDir }, signal, tell }: ParentLink): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const { store, decoders, catalog } = await openCommon(cleanUp);
  const record = assertHeld(await catalog.get("inspection", owner.namespace, owner.id), fence);
  const { manifest } = await catalog.get("dataset", owner.namespace, record.dataset.id);
  if (!manifest) throw new Problem("dataset_not_ready", `Dataset ${record.dataset.id} has no manifest.`);
  const inspected = await inspectDataset({
    ...{ store, decoders, record, workDir, signal },
    manifest: manifest.key,
    weightsDir: config.URSA_WEIGHTS_DIR ?? DEFAULT_WEIGHTS_DIR,
    threads: config.URSA_THREADS,
    onProgress: thinProgress((progress) => void tell({ type: "progress", progress })),
  });
  await tell({ type: "inspected", ...inspected });
}

async function train({ start: { owner, fence, workDir, engine }, signal, tell }: ParentLink): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const { store, decoders, catalog } = await openCommon(cleanUp);
  const maxActivationBytes = config.URSA_ACTIVATIONS_MB * 2 ** 20;
  const kept = { path: join(workDir, "activations.f16"), maxBytes: maxActivationBytes };
  const activations = cleanUp.use(await openActivationCache(kept));
  const opened = cleanUp.use(await openEngine(engine, graphCache()));
  const model = assertHeld(await catalog.get("model", owner.namespace, owner.id), fence);
  const { manifest } = await catalog.get("dataset", owner.namespace, model.dataset.id);
  if (!manifest) throw new Problem("dataset_not_ready", `Dataset ${model.dataset.id} has no manifest.`);
  await trainModel({
    ...{ store, decoders, model, signal },
    ...{ workDir, activations, maxActivationBytes },
    manifest: manifest.key,
    weightsDir: config.URSA_WEIGHTS_DIR ?? DEFAULT_WEIGHTS_DIR,
    engine: opened,
    threads: config.URSA_THREADS,
    onProgress: thinProgress((progress) => void tell({ type: "progress", progress })),
    onLog: (message) => tell({ type: "log", message }),
    onBatchSize: (inUse) => tell({ type: "batch", ...inUse }),
    onEpoch: (epoch) => tell({ type: "epoch", ...epoch }),
    onCheckpoint: (checkpoint) => tell({ type: "checkpoint", checkpoint }),
    onCheckpointStored: (stored) => void tell({ type: "checkpoint-stored", ...stored }),
    onCheckpointFailed: (reason) => void tell({ type: "checkpoint-failed", reason }),
    onStage: (stage) => tell({ type: "stage", ...stage }),
    onFound: (finder) => tell({ type: "found", finder }),
  });
  await tell({ type: "finished" });
}

async function openCommon(cleanUp: AsyncDisposableStack) {
  const store = await openConfigured(config);
  cleanUp.defer(() => store.close());
  const decoders = cleanUp.use(startDecoderPool(config.URSA_DECODERS ? { processes: config.URSA_DECODERS } : {}));
  return { store, decoders, catalog: createCatalog({ store }) };
}

/** @throws FenceLost when the record is another worker's */
function assertHeld<R extends { id: string; fence: number }>(record: R, fence: number): R {
  if (record.fence === fence) return record;
  throw new FenceLost(`${record.id} is with the worker of fence ${record.fence}; this one holds ${fence}.`);
}

/** Outlives the job, unlike its own folder. */
function graphCache() {
  return {
    folder: join(config.URSA_WORK_DIR, "graphs"),
    maxBytes: config.URSA_GRAPH_CACHE_MB * 2 ** 20,
    onFault: (message: string) => log.warn(message),
  };
}

function failureOf(error: unknown) {
  if (error instanceof Problem) return { type: "failed", code: error.code, message: error.message } as const;
  const message = error instanceof Error ? error.message : String(error);
  if (isAllocationFailure(error)) return { type: "failed", code: "out_of_memory", message } as const;
  if (error instanceof FenceLost) return { type: "superseded", message } as const;
  // Not the job's fault: the parent puts it aside until the store is back.
  if (error instanceof StoreUnavailable) return { type: "failed", code: "store_unavailable", message } as const;
  if (isDiskFull(error)) {
    const where = `${link.start.workDir} is on a disk that is full (${message}); make space, or set URSA_WORK_DIR`;
    return { type: "failed", code: "disk_full", message: `Training needs scratch space: ${where}.` } as const;
  }
  return { type: "failed", code: "worker_failed", message } as const;
}

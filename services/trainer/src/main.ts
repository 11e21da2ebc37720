// The trainer service: wiring only. One model at a time, since training takes every core.
import { createCatalog } from "@ursa/catalog/catalog";
import { createNotifier } from "@ursa/catalog/notifier";
import { chooseEngine } from "@ursa/engine/choose-engine";
import { observeGpus } from "@ursa/engine/observe-gpus";
import { startInternalServer } from "@ursa/http/internal-server";
import { assertNoEviction, connectWorker, waitForRedis } from "@ursa/queue/connection";
import { createEvents } from "@ursa/queue/progress";
import { noteTraining } from "@ursa/queue/usage-counters";
import { startWorker } from "@ursa/queue/worker";
import { cachedCheck, createHealth, STORE_CHECK_MS } from "@ursa/service/health";
import { CHECKPOINT_FAILURES } from "@ursa/service/model-metrics";
import { configOrPrint } from "@ursa/service/print-config";
import { runService } from "@ursa/service/run-service";
import { startStore } from "@ursa/store/start-store";
import { trainerConfig } from "./config.ts";
import { createLiveTraining } from "./live-training.ts";
import { CHILD_LIMITS } from "./run-child.ts";
import { createTrainerJobs } from "./trainer-jobs.ts";
import type { NoteTime } from "./training-time.ts";
import { sweepWorkDir } from "./work-dir.ts";

await runService("trainer", async ({ log, metrics, tracing, signal, onClose }) => {
  const config = configOrPrint(trainerConfig);
  const store = await startStore(config, { metrics, onClose });
  const connection = connectWorker(config.URSA_REDIS_URL, { tracing });
  onClose("redis", () => connection.close());
  const events = createEvents(connection, { metrics });
  onClose("events", () => events.close());
  const notifier = createNotifier({ store, connection, log });
  onClose("notifier", () => notifier.close());
  const catalog = createCatalog({ store, onEnded: notifier.onEnded });
  const { URSA_WORK_DIR: workDir } = config;
  await sweepWorkDir(workDir);
  const engine = await chooseEngine(config.URSA_TRAINER_ENGINE, signal);
  log.info({ engine: engine.name, device: engine.device, reason: engine.reason }, "engine chosen");
  const limits = { ...CHILD_LIMITS, maxRssBytes: config.URSA_TRAIN_MEMORY_MB * 2 ** 20 };
  if (engine.name === "native-gpu") metrics.beforeScrape(observeGpus(metrics));
  for (const reason of CHECKPOINT_FAILURES) metrics.checkpointFailures.inc({ reason }, 0);
  const live = createLiveTraining(metrics);
  const noteTime: NoteTime = (run) => noteTraining(connection, run);
  const base = { engine: engine.name, store, catalog, events, log, metrics, live };
  const deps = { ...base, workDir, limits, noteTime };
  const { process, onGivenUp } = createTrainerJobs(deps);
  const health = createHealth(
    {
      redis: () => assertNoEviction(connection),
      store: cachedCheck(() => store.check(), STORE_CHECK_MS),
    },
    signal,
  );
  const { URSA_HOST: host, URSA_PORT: port } = config;
  const server = await startInternalServer({ host, port, log, metrics, tracing, health, routes: [] });
  onClose("http", () => server.close());
  log.info({ url: server.url }, "listening");
  await waitForRedis(connection, signal);
  const lockMs = config.URSA_LOCK_S * 1000;
  const worker = startWorker({ queue: "train", connection, concurrency: 1, lockMs, log, metrics, process, onGivenUp });
  onClose("train worker", () => worker.close());
});

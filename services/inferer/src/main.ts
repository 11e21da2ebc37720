// The inferer service: wiring only. One image, two roles: `classify` answers people, `batch` works off the queue.
import { createAliases } from "@ursa/catalog/aliases";
import { createCatalog } from "@ursa/catalog/catalog";
import { startInternalServer } from "@ursa/http/internal-server";
import { startDecoderPool } from "@ursa/imaging/decoder-pool";
import { cachedCheck, createHealth, STORE_CHECK_MS } from "@ursa/service/health";
import { configOrPrint } from "@ursa/service/print-config";
import { runService } from "@ursa/service/run-service";
import { startStore } from "@ursa/store/start-store";
import { warmRuntime } from "@ursa/tensor/session";
import { classifyRoute } from "./classify-route.ts";
import { infererConfig } from "./config.ts";
import { openExplainers, openModels } from "./open-models.ts";
import { preloadDefault } from "./preload-default.ts";

await runService("inferer", async (context) => {
  const { log, metrics, tracing, signal, onClose } = context;
  const config = configOrPrint(infererConfig);
  const warm = warmRuntime();
  const store = await startStore(config, context);
  const catalog = createCatalog({ store });
  const { URSA_THREADS: threads, URSA_MODEL_CACHE_MB } = config;
  const isBatch = config.URSA_ROLE === "batch";
  // A batch runs the model without a pause; between single pictures, threads that wait busily would only burn the decoders' cores.
  const source = { store, catalog, threads, spins: false };
  const models = openModels({ ...source, log, metrics, maxBytes: URSA_MODEL_CACHE_MB * 2 ** 20 });
  onClose("models", () => models.close());
  const explainers = openExplainers({ ...source, log });
  onClose("explainers", () => explainers.close());
  await warm;
  if (!isBatch) await preloadDefault({ aliases: createAliases({ store, catalog }), models, log });
  // After the model: on two cores, decoder processes that start at the same time make its loading three times as long.
  const decoders = startDecoderPool({ processes: config.URSA_DECODERS });
  onClose("decoders", () => decoders.close());
  const parts = { store, models, decoders };
  const batch = isBatch ? await openBatchRole() : undefined;
  const routes = isBatch ? [] : [classifyRoute({ models, explainers, decoders, metrics })];
  const checks = { ...batch?.checks, store: cachedCheck(() => store.check(), STORE_CHECK_MS) };
  const health = createHealth(checks, signal);
  const { URSA_HOST: host, URSA_PORT: port } = config;
  const server = await startInternalServer({ host, port, log, metrics, tracing, health, routes });
  onClose("http", () => server.close());
  log.info({ url: server.url, role: config.URSA_ROLE }, "listening");
  await batch?.start();

  async function openBatchRole() {
    const { openBatch } = await import("./open-batch.ts");
    const { URSA_REDIS_URL: redisUrl, URSA_LOCK_S: lockS } = config;
    return openBatch(context, { ...parts, redisUrl, lockMs: lockS * 1000 });
  }
});

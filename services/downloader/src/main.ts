// The downloader service: wiring only.
import { createCatalog } from "@ursa/catalog/catalog";
import { createNotifier } from "@ursa/catalog/notifier";
import { createFetcher } from "@ursa/fetch/fetcher";
import { createPoster } from "@ursa/fetch/poster";
import { startInternalServer } from "@ursa/http/internal-server";
import { startDecoderPool } from "@ursa/imaging/decoder-pool";
import { assertNoEviction, connectWorker, waitForRedis } from "@ursa/queue/connection";
import { createEvents } from "@ursa/queue/progress";
import { cachedCheck, createHealth, STORE_CHECK_MS } from "@ursa/service/health";
import { configOrPrint } from "@ursa/service/print-config";
import { runService } from "@ursa/service/run-service";
import { startStore } from "@ursa/store/start-store";
import { downloaderConfig } from "./config.ts";
import { countAttempts } from "./count-downloads.ts";
import { fetchRoute } from "./fetch-route.ts";
import { startWorkers } from "./start-workers.ts";
import { timedDecoders } from "./timed-decoders.ts";

/** Rows of one shard in work at once; several shards at once fill the fetcher. */
const ROWS_AT_ONCE = 16;

await runService("downloader", async ({ log, metrics, tracing, signal, onClose }) => {
  const config = configOrPrint(downloaderConfig);
  const store = await startStore(config, { metrics, onClose });
  const connection = connectWorker(config.URSA_REDIS_URL, { tracing });
  onClose("redis", () => connection.close());
  const events = createEvents(connection, { metrics });
  onClose("events", () => events.close());
  const { URSA_CONCURRENCY: concurrency, URSA_FETCH_ALLOW: allow, URSA_USER_AGENT: userAgent } = config;
  const totalTimeoutMs = config.URSA_FETCH_TIMEOUT_S * 1000;
  const onAttempt = countAttempts(metrics);
  const fetcher = createFetcher({ userAgent, concurrency, allow, totalTimeoutMs, onAttempt });
  onClose("fetcher", () => fetcher.close());
  const poster = createPoster({ userAgent, allow });
  onClose("poster", () => poster.close());
  const pool = startDecoderPool({ processes: config.URSA_DECODERS });
  onClose("decoders", () => pool.close());
  const notifier = createNotifier({ store, connection, log });
  onClose("notifier", () => notifier.close());
  const catalog = createCatalog({ store, onEnded: notifier.onEnded });
  const decoders = timedDecoders(pool, metrics);
  const deps = { store, catalog, events, metrics, fetcher, poster, decoders, concurrency: ROWS_AT_ONCE };
  const checkStore = cachedCheck(() => store.check(), STORE_CHECK_MS);
  const health = createHealth({ redis: () => assertNoEviction(connection), store: checkStore }, signal);
  const { URSA_HOST: host, URSA_PORT: port } = config;
  const routes = [fetchRoute(fetcher)];
  const server = await startInternalServer({ host, port, log, metrics, tracing, health, routes });
  onClose("http", () => server.close());
  log.info({ url: server.url }, "listening");
  await waitForRedis(connection, signal);
  const lockMs = config.URSA_LOCK_S * 1000;
  const shardsAtOnce = Math.ceil(concurrency / ROWS_AT_ONCE);
  const workers = startWorkers({ deps, connection, log, metrics, lockMs, shardsAtOnce });
  onClose("workers", () => workers.close());
});

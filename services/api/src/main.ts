// The API service: wiring only.
import { createAliases } from "@ursa/catalog/aliases";
import { createCatalog } from "@ursa/catalog/catalog";
import { createRecordIndex } from "@ursa/catalog/record-index";
import { createWebhooks } from "@ursa/catalog/webhooks";
import { startServer } from "@ursa/http/server";
import { connectProducer } from "@ursa/queue/connection";
import { observeQueues } from "@ursa/queue/observe-queues";
import { createEvents } from "@ursa/queue/progress";
import { cachedCheck, createHealth, STORE_CHECK_MS } from "@ursa/service/health";
import { configOrPrint } from "@ursa/service/print-config";
import { runService } from "@ursa/service/run-service";
import { startStore } from "@ursa/store/start-store";
import { createApp } from "./app.ts";
import { createRedisChecks } from "./check-redis.ts";
import { apiConfig } from "./config.ts";
import { lazyDecoders } from "./lazy-decoders.ts";
import { openJobs } from "./open-jobs.ts";
import { isLoopback, openKeys } from "./open-keys.ts";
import { openQuotas } from "./open-quotas.ts";
import { queuePage } from "./operations/queue-page.ts";
import { replicasOf } from "./replicas.ts";
import { startUpkeep } from "./start-upkeep.ts";
import { readWebFiles } from "./web-files.ts";

await runService("api", async ({ log, metrics, tracing, signal, onClose }) => {
  const config = configOrPrint(apiConfig);
  const store = await startStore(config, { metrics, onClose });
  const { apiKeys, authenticate } = await openKeys(store, config, log);
  const onError = (err: Error) => log.debug({ err }, "redis is away");
  const connection = connectProducer(config.URSA_REDIS_URL, { onError, tracing });
  onClose("redis", () => connection.close());
  const { producer, queues, notifier } = openJobs({ store, connection, log, onClose });
  metrics.beforeScrape(observeQueues({ connection, producer }, metrics));
  const catalog = createCatalog({ store, index: createRecordIndex(connection), onEnded: notifier.onEnded });
  const events = createEvents(connection, { metrics });
  onClose("events", () => events.close());
  const [web, counting] = [readWebFiles(), openQuotas({ store, connection, settings: config, metrics })];
  const { decoders, close } = lazyDecoders();
  onClose("decoders", close);
  // The API starts without Redis, to answer what it can; whether Redis is there and fit is asked when that matters.
  const { isFit, checkRedis } = createRedisChecks(connection, producer);
  const health = createHealth({ redis: isFit, store: cachedCheck(() => store.check(), STORE_CHECK_MS) }, signal);
  const server = await startServer({
    ...{ host: config.URSA_HOST, port: config.URSA_PORT, localNamesOnly: isLoopback(config.URSA_HOST) },
    ...{ log, metrics, tracing, health, authenticate, countRequest: counting.countRequest, plainRoutes: web.routes },
    ...{ trustedProxies: config.URSA_TRUSTED_PROXIES, mounts: [queuePage(connection, onClose)] },
    handlers: createApp({
      ...{ store, catalog, apiKeys, producer, queues, checkRedis, events, decoders, log, tracing, web },
      ...{ storeUrl: config.URSA_STORE_URL, aliases: createAliases({ store, catalog }), ...counting },
      ...{ webhooks: createWebhooks(store), notifier },
      ...{ downloaders: replicasOf(config.URSA_DOWNLOADER_URL), inferers: replicasOf(config.URSA_INFERER_URL) },
    }),
  });
  onClose("http", () => server.close());
  startUpkeep({ ...counting, store, catalog, producer, notifier, log, signal });
  log.info({ url: server.url }, "listening");
});

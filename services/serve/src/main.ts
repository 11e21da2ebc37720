// One exported model as a service of its own: wiring only. Needs a folder with two files, and neither Redis nor a store.
import { createFetcher } from "@ursa/fetch/fetcher";
import { startServer } from "@ursa/http/server";
import { startDecoderPool } from "@ursa/imaging/decoder-pool";
import { createHealth } from "@ursa/service/health";
import { configOrPrint } from "@ursa/service/print-config";
import { runService } from "@ursa/service/run-service";
import { classifyHandlers } from "./classify-handlers.ts";
import { serveConfig } from "./config.ts";
import { lazyExplainer } from "./lazy-explainer.ts";
import { openExported } from "./open-exported.ts";
import { pageHandlers } from "./page-handlers.ts";
import { createPictures } from "./pictures.ts";

/** Each may hold a picture of up to 20 MB in memory, beside those that wait for a decoder. */
const FETCHES_AT_ONCE = 8;

await runService("serve", async ({ log, metrics, signal, onClose }) => {
  const config = configOrPrint(serveConfig);
  const { card, classifier } = await openExported(config.URSA_MODEL_DIR, config.URSA_THREADS);
  onClose("model", () => classifier.close());
  const explainer = lazyExplainer(config.URSA_MODEL_DIR, { card, threads: config.URSA_THREADS });
  onClose("explainer", () => explainer.close());
  metrics.modelsLoaded.set(1);
  const decoders = startDecoderPool({ processes: config.URSA_DECODERS });
  onClose("decoders", () => decoders.close());
  const { URSA_USER_AGENT: userAgent, URSA_FETCH_ALLOW: allow, URSA_FETCH_TIMEOUT_S } = config;
  const totalTimeoutMs = URSA_FETCH_TIMEOUT_S * 1000;
  const fetcher = createFetcher({ userAgent, allow, totalTimeoutMs, concurrency: FETCHES_AT_ONCE });
  onClose("fetcher", () => fetcher.close());
  const pictures = createPictures(fetcher);
  const { handlers, plainRoutes } = pageHandlers({ card, decoders, pictures });
  const server = await startServer({
    host: config.URSA_HOST,
    port: config.URSA_PORT,
    log,
    metrics,
    // The model has answered once and is in memory: nothing that could be away is needed.
    health: createHealth({}, signal),
    handlers: {
      ...handlers,
      ...classifyHandlers({ card, classifier, decoders, metrics, pictures, explain: explainer.explain }),
    },
    plainRoutes,
    // One model and nothing that is anybody's, at any address (docs/decisions/0011): keys are for whatever stands before it.
    authenticate: undefined,
  });
  onClose("http", () => server.close());
  const { modelId: model, stage, classes, input } = card;
  log.info({ url: server.url, model, stage, classes, size: input.size, bytes: classifier.bytes }, "listening");
});

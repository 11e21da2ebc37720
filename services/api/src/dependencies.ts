// What the route handlers stand on; made once in main.ts and passed as one argument.
import type { Aliases } from "@ursa/catalog/aliases";
import type { ApiKeys } from "@ursa/catalog/api-keys";
import type { Catalog } from "@ursa/catalog/catalog";
import type { Notifier } from "@ursa/catalog/notifier";
import type { Webhooks } from "@ursa/catalog/webhooks";
import type { DecoderPool } from "@ursa/imaging/decoder-pool";
import type { Producer } from "@ursa/queue/producer";
import type { Events } from "@ursa/queue/progress";
import type { QueueControl } from "@ursa/queue/queue-control";
import type { RateLimit } from "@ursa/queue/rate-limit";
import type { UsageCounters } from "@ursa/queue/usage-counters";
import type { Logger } from "@ursa/service/logger";
import type { Tracing } from "@ursa/service/tracing";
import type { ObjectStore } from "@ursa/store/object-store";
import type { Quotas } from "./quotas.ts";
import type { RecordLooks } from "./record-looks.ts";
import type { Replicas } from "./replicas.ts";
import type { WebFiles } from "./web-files.ts";

export type Dependencies = {
  store: ObjectStore;
  catalog: Catalog;
  /** For followers. */
  looks: RecordLooks;
  aliases: Aliases;
  apiKeys: ApiKeys;
  webhooks: Webhooks;
  notifier: Notifier;
  /** As configured; secrets are apart from it. */
  storeUrl: string;
  producer: Producer;
  queues: QueueControl;
  rateLimit: RateLimit;
  quotas: Quotas;
  /** What is told to the reconciler. */
  usage: UsageCounters;
  /** Throws Problem queue_unavailable unless Redis is there, fit to hold jobs and has room for more. */
  checkRedis: () => Promise<void>;
  events: Events;
  /** Started on first use: most APIs never show a picture. */
  decoders: () => DecoderPool;
  log: Logger;
  tracing?: Pick<Tracing, "headers"> | undefined;
  downloaders: Replicas;
  inferers: Replicas;
  web: WebFiles;
};

// The API's ways to the queues, over one connection: putting jobs in, steering them, and telling webhooks of their ends.
import { createNotifier } from "@ursa/catalog/notifier";
import type { RedisConnection } from "@ursa/queue/connection";
import { createProducer } from "@ursa/queue/producer";
import { createQueueControl } from "@ursa/queue/queue-control";
import type { Logger } from "@ursa/service/logger";
import type { ServiceContext } from "@ursa/service/run-service";
import type { ObjectStore } from "@ursa/store/object-store";

type Surroundings = {
  store: ObjectStore;
  connection: RedisConnection;
  log: Logger;
  onClose: ServiceContext["onClose"];
};

export function openJobs({ store, connection, log, onClose }: Surroundings) {
  const producer = createProducer(connection);
  onClose("producer", () => producer.close());
  const queues = createQueueControl(connection);
  onClose("queues", () => queues.close());
  const notifier = createNotifier({ store, connection, log });
  onClose("notifier", () => notifier.close());
  return { producer, queues, notifier };
}

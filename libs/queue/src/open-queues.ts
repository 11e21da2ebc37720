// BullMQ's view of each queue, on a connection that someone else owns.
import type { QueueName } from "@ursa/contracts/queues";
import { Queue } from "bullmq";
import type { RedisConnection } from "./connection.ts";

export type Queues = Record<QueueName, Queue>;

export function openQueue(name: QueueName, { redis, traced }: RedisConnection): Queue {
  return quietly(new Queue(name, { connection: redis, skipVersionCheck: true, skipMetasUpdate: true, ...traced }));
}

export function openQueues(connection: RedisConnection): Queues {
  const open = (name: QueueName) => openQueue(name, connection);
  return {
    fetch: open("fetch"),
    assemble: open("assemble"),
    train: open("train"),
    predict: open("predict"),
    collect: open("collect"),
    evaluate: open("evaluate"),
    notify: open("notify"),
  };
}

/** BullMQ passes on the connection's errors, which the connection's owner has heard of already. */
export function quietly<T extends { on(event: "error", listener: () => void): unknown }>(emitter: T): T {
  emitter.on("error", () => {});
  return emitter;
}

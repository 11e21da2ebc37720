// Cancelling a record, and its job. The record says it first, so that whoever takes a job that is left over finds it cancelled.
import type { JobKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { isFinal, type RecordError } from "@ursa/contracts/record";
import type { Producer } from "@ursa/queue/producer";
import type { Logger } from "@ursa/service/logger";
import type { Catalog, RecordOf } from "./catalog.ts";

type Canceller = { catalog: Pick<Catalog, "update">; producer: Pick<Producer, "cancel">; log: Logger };

export const CANCELLED: RecordError = { code: "cancelled", message: "Cancelled on request." };

/**
 * A worker in the middle of it notices within seconds and its later writes are refused. Needs no Redis.
 * @throws Problem already_final, not_found
 */
export async function cancelRecord<K extends JobKind>(
  { catalog, producer, log }: Canceller,
  kind: K,
  owner: { namespace: string; id: string },
): Promise<RecordOf<K>> {
  const record = await catalog.update(kind, owner, (current) => {
    if (isFinal(current.state)) throw new Problem("already_final", `${owner.id} is ${current.state} already.`);
    return { ...current, state: "cancelled", error: CANCELLED };
  });
  await producer.cancel(kind, record).catch((error) => {
    log.warn({ err: error, id: owner.id }, "cancelled, but its jobs are left in the queue");
  });
  return record;
}

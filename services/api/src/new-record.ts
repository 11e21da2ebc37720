// The fields every new record starts with.
import type { RecordState } from "@ursa/contracts/record";

export function newRecord(owner: { namespace: string; id: string }, name: string | undefined) {
  const now = new Date().toISOString();
  const state: RecordState = "queued";
  return {
    ...owner,
    ...(name === undefined ? {} : { name }),
    state,
    createdAt: now,
    updatedAt: now,
    enqueued: 1,
    fence: 0,
  };
}

// A shard that is begun while its list is still read has no record yet. Its request may be at work for a while, be refused, or die.
import { setTimeout as delay } from "node:timers/promises";
import type { Catalog } from "@ursa/catalog/catalog";
import { Problem } from "@ursa/contracts/problem";
import { PutAside } from "@ursa/queue/job-outcome";

type Owner = { namespace: string; id: string };
type Records = Pick<Catalog, "get">;

const LOOK_MS = 500;
/** A million URLs are read in less. Afterwards the place is another's, and the job looks again every now and then. */
const WAIT_MS = 60_000;
/** Put aside for half a minute at most each time: a quarter of an hour. */
export const MOST_STARTS = 30;

export async function isRecorded(catalog: Records, { namespace, id }: Owner): Promise<boolean> {
  return catalog.get("dataset", namespace, id).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Problem && error.code === "not_found") return false;
      throw error;
    },
  );
}

/** @throws PutAside when that takes too long, and what `delay` throws when the signal aborts */
export async function untilRecorded(catalog: Records, owner: Owner, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!(await isRecorded(catalog, owner))) {
    if (performance.now() > deadline) throw notRecorded(owner);
    await delay(LOOK_MS, undefined, { signal });
  }
}

export const notRecorded = ({ id }: Owner): PutAside => new PutAside(`${id} has no record yet: its list is still read`);

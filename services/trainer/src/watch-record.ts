// The record is the truth about a cancelled or overtaken run, also while Redis is away: looked at every two seconds.
import { type Catalog, FenceLost } from "@ursa/catalog/catalog";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";

type Watched = {
  catalog: Catalog;
  kind: "model" | "inspection";
  owner: { namespace: string; id: string };
  fence: number;
};

/** A cancelled run ends within five seconds: this, one look and a kill. */
const LOOK_MS = 2000;

/** @returns a signal that aborts with Problem cancelled or FenceLost; it stops looking when `signal` aborts */
export function watchRecord(
  { catalog, kind, owner, fence }: Watched,
  signal: AbortSignal,
  lookMs = LOOK_MS,
): AbortSignal {
  const lost = new AbortController();
  let isLooking = false;
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    const why = await verdict().catch(unlessGone);
    if (why) lost.abort(why);
    isLooking = false;
  };
  const verdict = async () => {
    const record = await catalog.get(kind, owner.namespace, owner.id);
    if (record.fence !== fence) return new FenceLost(`Another worker took ${owner.id}.`);
    return isFinal(record.state) ? new Problem("cancelled", `${owner.id} is ${record.state}.`) : undefined;
  };
  const timer = setInterval(look, lookMs);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return lost.signal;
}

/** A store that is away for a moment says nothing about the record. */
const unlessGone = (error: unknown) => (error instanceof Problem && error.code === "not_found" ? error : undefined);

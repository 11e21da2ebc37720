// What happened in a run with faults, entry by entry: what was asked and answered, what was seen, and what was left at the end. It is only
// added to; check.ts judges it afterwards and needs nothing else, so that a history can also be written by hand.
import { appendFileSync } from "node:fs";
import type { Outcome } from "@ursa/contracts/outcomes";
import type { RecordState } from "@ursa/contracts/record";

export type Row = {
  index: number;
  url: string;
  outcome: Outcome;
  sha256?: string | undefined;
  bytes?: number | undefined;
};
export type EpochSeen = { stage: string; epoch: number; trainLoss: number | null; validLoss: number | null };

export type Happening =
  /** A fault was injected, or what it broke was mended. */
  | { type: "fault" | "healed"; what: string }
  /** One answer of the API to one request that creates. `key` is its Idempotency-Key, `body` stands for what was sent. */
  | { type: "answer"; operation: string; key: string; body: string; status: number; id?: string; code?: string }
  /** A record as it was read at that moment. */
  | { type: "state"; id: string; state: RecordState; fence: number }
  /** A state that the event stream of a record told; `event` is its number there. */
  | { type: "told"; id: string; event: string; state: RecordState; reader: string }
  /** A checkpoint that a model's record named. */
  | { type: "checkpoint"; id: string; fence: number; stage: string; epoch: number; batch: number }
  /** Checkpoints of a model were damaged: it may go back, to the one before or to its beginning. */
  | { type: "damaged"; id: string }
  /** At the end: what a dataset's list held, with what may become of each, and what its manifest says became of it. */
  | { type: "manifest"; id: string; listed: { url: string; may: Outcome[] }[]; rows: Row[] }
  /** At the end: the answers of a prediction over so many inputs. */
  | { type: "results"; id: string; inputs: number; indexes: number[] }
  /** At the end: what a model learned, beside the same recipe on the same pictures with nothing in its way. `kills` may each cost an epoch. */
  | {
      type: "trained";
      id: string;
      epochs: EpochSeen[];
      calm: EpochSeen[];
      weights: string;
      calmWeights: string;
      repeated: number;
      kills: number;
    }
  /** At the end: an object that a manifest names. `found` is what lies there. */
  | { type: "picture"; sha256: string; bytes: number; found: { sha256: string; bytes: number } | null }
  /** At the end, after the sweep: objects that nothing refers to. */
  | { type: "orphans"; keys: string[] }
  /** At the end: what a queue still holds. */
  | { type: "queue"; name: string; waiting: number; active: number; delayed: number }
  /** At the end: files that were left in a working folder. */
  | { type: "left"; files: string[] }
  /** At the end: a counter, and what it should be. */
  | { type: "counter"; name: string; value: number; expected: number }
  /** What the fault itself promises, which no general invariant says. */
  | { type: "promise"; what: string; kept: boolean; seen: string };

export type Entry = Happening & { ms: number };

export type History = { readonly entries: readonly Entry[]; add(happening: Happening): void };

/** @param path where each entry is also written, one JSON line each, as it comes */
export function startHistory(path?: string): History {
  const started = performance.now();
  const entries: Entry[] = [];
  return {
    entries,
    add(happening) {
      const entry = { ms: Math.round(performance.now() - started), ...happening };
      entries.push(entry);
      if (path) appendFileSync(path, `${JSON.stringify(entry)}\n`);
    },
  };
}

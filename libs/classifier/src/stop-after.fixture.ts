// A run that is aborted at a batch, as a trainer that shuts down does it.
import type { Checkpoint } from "./stage-1-types.ts";

type Changes = {
  signal: AbortSignal;
  onProgress(progress: { phase: string; done: number }): void;
  onCheckpoint(checkpoint: Checkpoint): Promise<void>;
};

/** Runs until `step` steps are done, and returns the one checkpoint that is left. Throws when the run ends by itself or goes on for another step. */
export async function stopAfter(step: number, run: (changes: Changes) => Promise<unknown>): Promise<Checkpoint> {
  const stop = new AbortController();
  const left: Checkpoint[] = [];
  let last = 0;
  const ended = run({
    signal: stop.signal,
    onProgress({ phase, done }) {
      if (phase === "features") return;
      last = done;
      if (done === step) stop.abort(new Error("stopped"));
    },
    onCheckpoint: async (checkpoint) => void left.push(checkpoint),
  });
  const how = await ended.then(
    () => "it ended",
    (error: Error) => error.message,
  );
  const [checkpoint] = left;
  if (how === "stopped" && last === step && checkpoint && left.length === 1) return checkpoint;
  throw new Error(`Expected one checkpoint after step ${step}: ${how}, ${left.length} checkpoints, step ${last}.`);
}

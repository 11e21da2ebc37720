// Where a run is between two batches: kept for when it is stopped, and stored now and then in case that it is killed.
import type { TrainStep } from "@ursa/tensor/train-step";
import type { TrainingState, WithinEpoch } from "./checkpoint.ts";
import type { Random } from "./random.ts";

/** How far a run is after a batch, and what else of its state has changed since it began. */
export type Place = Pick<TrainingState, "step" | "losses"> &
  Partial<Pick<TrainingState, "epoch">> & { within: Omit<WithinEpoch, "seconds"> };

export type PlaceOptions = {
  /** A state within an epoch: when the signal aborted, before its reason is thrown, and every five minutes of a long epoch. */
  onPlace(state: TrainingState): Promise<void>;
  signal: AbortSignal;
};

/** A process that is killed in an epoch of hours loses no more than this. */
const SAVE_EVERY_MS = 5 * 60_000;

type Kept = { step: Pick<TrainStep, "state">; random: Random; state: TrainingState };

/** `state` is where the run began; `step` and `random` are those that take it on. */
export function keepPlace(options: PlaceOptions, { step, random, state }: Kept) {
  const started = performance.now();
  const seconds = () => (state.within?.seconds ?? 0) + (performance.now() - started) / 1000;
  let savedAt = started;
  let unsaved: Omit<TrainingState, "tensors"> | undefined;
  const save = async () => {
    if (!unsaved) return;
    await options.onPlace({ ...unsaved, tensors: new Map(step.state) });
    [unsaved, savedAt] = [undefined, performance.now()];
  };
  return {
    /** Of earlier attempts too. */
    seconds,
    /** Stores the last place, unless it is stored. */
    save,
    async onBatch(place: Place): Promise<void> {
      unsaved = { ...state, ...place, random: random.state(), within: { ...place.within, seconds: seconds() } };
      if (performance.now() - savedAt >= SAVE_EVERY_MS) await save();
    },
    async onError(error: unknown): Promise<never> {
      if (options.signal.aborted) await save();
      throw error;
    },
  };
}

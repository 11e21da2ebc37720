// What both stages and the finder do around their training: go on from a checkpoint, keep new ones, stop what diverges, tell what was odd.
import { CheckpointError } from "@ursa/classifier/checkpoint";
import type { Checkpoint } from "@ursa/classifier/stage-1-types";
import type { CheckpointPointer, EpochRow, StageName } from "@ursa/contracts/model";
import { keys } from "@ursa/store/keys";
import { checkDiverged } from "./check-diverged.ts";
import { findCheckpoints } from "./find-checkpoints.ts";
import { putOnce } from "./put-once.ts";
import type { TrainModelOptions } from "./training-run.ts";

export type StageRun = {
  stage: StageName;
  /** Epochs of the recipe. */
  epochs: number;
  /** The highest of the stage. */
  learningRate: number;
  trainCount: number;
};
/** What a training function of the classifier is given by this file. */
export type Attempt = {
  resumeFrom?: Checkpoint | undefined;
  onEpoch(row: EpochRow, checkpoint: Checkpoint): Promise<void>;
  onCheckpoint(checkpoint: Checkpoint): Promise<void>;
};
/** Whose checkpoints they are: the stage's own, or those of the finder before it. */
type Owned = Pick<CheckpointPointer, "stage" | "phase">;
type Trained = { epoch: number; history: EpochRow[] };

/**
 * Trains one stage: from the newest checkpoint that is sound, else from the one before, else from the start. `seconds` counts
 * the epochs of earlier attempts too.
 * @throws Problem training_diverged, and what `train` throws
 */
export async function trainStage<T extends Trained>(
  options: TrainModelOptions,
  run: StageRun,
  train: (attempt: Attempt) => Promise<T>,
): Promise<{ trained: T; seconds: number }> {
  // A run that was killed between an epoch that diverged and its end.
  const before = options.model.epochs.findLast(({ stage }) => stage === run.stage);
  if (before) checkDiverged(before, boundsOf(options, run));
  const started = performance.now();
  const onEpoch = epochKeeper(options, run);
  const onCheckpoint = async (bytes: Checkpoint) => options.onCheckpoint(await keepCheckpoint(options, run, bytes));
  const { trained, resumedAt } = await fromNewest(options, run, (resumeFrom) =>
    train({ resumeFrom, onEpoch, onCheckpoint }),
  );
  options.signal.throwIfAborted();
  for (const line of endingOf(options, run, trained)) await options.onLog(line);
  const secondsBefore = trained.history.slice(0, resumedAt).reduce((sum, row) => sum + row.seconds, 0);
  return { trained, seconds: secondsBefore + (performance.now() - started) / 1000 };
}

/** Runs the learning-rate finder that looks at what `stage` trains, from its newest checkpoint that is sound, else from the start. */
export async function findRateOf<T>(
  options: TrainModelOptions,
  stage: StageName,
  find: (attempt: Omit<Attempt, "onEpoch">) => Promise<T>,
): Promise<T> {
  const owned = { stage, phase: "lr-find" } as const;
  const onCheckpoint = async (bytes: Checkpoint) => options.onCheckpoint(await keepCheckpoint(options, owned, bytes));
  return (await fromNewest(options, owned, (resumeFrom) => find({ resumeFrom, onCheckpoint }))).trained;
}

const boundsOf = ({ model }: TrainModelOptions, { learningRate }: StageRun) => ({
  learningRate,
  classes: model.classes.length,
});

function epochKeeper(options: TrainModelOptions, run: StageRun): Attempt["onEpoch"] {
  const bounds = boundsOf(options, run);
  return async (row, bytes) => {
    const checkpoint = await keepCheckpoint(options, run, bytes);
    await options.onEpoch({ row, checkpoint, trainCount: run.trainCount });
    checkDiverged(row, bounds);
  };
}

/** `resumedAt` is how many epochs an earlier attempt had finished. */
async function fromNewest<T>(
  { store, model, onLog, onCheckpointFailed }: TrainModelOptions,
  { stage, phase }: Owned,
  train: (resumeFrom: Checkpoint | undefined) => Promise<T>,
): Promise<{ trained: T; resumedAt: number }> {
  const name = phase ?? stage;
  const reject = (epoch: number, why: string) => {
    onCheckpointFailed("corrupt");
    return onLog(`checkpoint_corrupt: ${name} epoch ${epoch}: ${why}`);
  };
  const pointers = model.checkpoints.filter((pointer) => pointer.stage === stage && pointer.phase === phase);
  for await (const resumeFrom of findCheckpoints(store, pointers, ({ epoch }, why) => reject(epoch, why))) {
    if (resumeFrom.batch > 0)
      await onLog(`${name} goes on behind batch ${resumeFrom.batch} of epoch ${resumeFrom.epoch + 1}.`);
    const trained = await train(resumeFrom).catch(unlessUnusable);
    if (!(trained instanceof CheckpointError)) return { trained, resumedAt: resumeFrom.epoch };
    await reject(resumeFrom.epoch, trained.message);
  }
  if (pointers.length > 0) await onLog(`No checkpoint is usable: ${phase ?? "training"} starts again.`);
  return { trained: await train(undefined), resumedAt: 0 };
}

/** Sound bytes of another run, or of an earlier version, are refused by the classifier before it trains. */
function unlessUnusable(error: unknown): CheckpointError {
  if (error instanceof CheckpointError) return error;
  throw error;
}

async function keepCheckpoint(
  { model, store, onCheckpointStored, onCheckpointFailed }: TrainModelOptions,
  { stage, phase }: Owned,
  { epoch, batch, bytes }: Checkpoint,
): Promise<CheckpointPointer> {
  const key = keys.model.checkpoint(model, model.fence, { stage: phase ?? stage, epoch, batch });
  const place = batch > 0 ? { epoch, batch } : { epoch };
  const started = performance.now();
  try {
    const { sha256 } = await putOnce(store, key, bytes);
    onCheckpointStored({ bytes: bytes.byteLength, seconds: (performance.now() - started) / 1000 });
    return { stage, ...(phase ? { phase } : {}), ...place, fence: model.fence, key, sha256 };
  } catch (error) {
    onCheckpointFailed("write");
    throw error;
  }
}

/** What a reader of the epochs could not tell. */
function endingOf({ model }: TrainModelOptions, { epochs }: StageRun, { epoch, history }: Trained): string[] {
  const stopped = `Stopped after epoch ${history.length} of ${epochs}: no lower valid loss in ${model.recipe.earlyStop} epochs.`;
  const kept = `Epoch ${epoch} had the lowest valid loss: its weights are the model's.`;
  return [...(history.length < epochs ? [stopped] : []), ...(epoch < history.length ? [kept] : [])];
}

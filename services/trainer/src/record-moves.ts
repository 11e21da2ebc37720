// What an epoch and a result change in a model's record: pure, so that compare-and-swap may run them again.
import type { Artifact, CheckpointPointer, EpochRow, Finder, Model } from "@ursa/contracts/model";

/** The one before the newest is kept, in case the newest turns out to be damaged. */
const KEPT_CHECKPOINTS = 2;

/** Rows and pointers at or behind this epoch belong to a run that was lost and is being repeated: they are replaced. */
export function withEpoch(model: Model, row: EpochRow, checkpoint: CheckpointPointer): Model {
  const isBefore = (other: EpochRow) => other.stage !== row.stage || other.epoch < row.epoch;
  return withCheckpoint({ ...model, epochs: [...model.epochs.filter(isBefore), row] }, checkpoint);
}

/** Pointers at or behind the same place belong to a run that was lost, as rows do. */
export function withCheckpoint(model: Model, checkpoint: CheckpointPointer): Model {
  const { stage, phase, epoch, batch = 0 } = checkpoint;
  const isBefore = (other: CheckpointPointer) =>
    other.stage !== stage ||
    other.phase !== phase ||
    other.epoch < epoch ||
    (other.epoch === epoch && (other.batch ?? 0) < batch);
  return { ...model, checkpoints: [...model.checkpoints.filter(isBefore), checkpoint].slice(-KEPT_CHECKPOINTS) };
}

/** What the finder saw; where it was on its way is of no use any more. */
export function withFinder(model: Model, finder: Finder): Model {
  return { ...model, finder, checkpoints: model.checkpoints.filter(({ phase }) => phase !== "lr-find") };
}

/** A stage's result; the record goes on being trained. */
export function withStage(model: Model, stage: Model["stages"][number], artifacts: Artifact[]): Model {
  return {
    ...model,
    stages: [...model.stages.filter(({ name }) => name !== stage.name), stage],
    artifacts: [...model.artifacts.filter((artifact) => artifact.stage !== stage.name), ...artifacts],
  };
}

export function droppedCheckpoints(before: Model, after: Model): CheckpointPointer[] {
  const kept = new Set(after.checkpoints.map(({ key }) => key));
  return before.checkpoints.filter(({ key }) => !kept.has(key));
}

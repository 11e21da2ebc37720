// What follows when a batch does not fit in memory: half of it, written into the record, so that no later worker tries the large one again.
import type { Model, StageName } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import type { Recipe } from "@ursa/contracts/recipe";
import { ChildFault } from "./run-child.ts";

/** Batch-norm needs two pictures. */
const SMALLEST = 2;

export type BatchInUse = { stage: StageName; batchSize: number };

/** The child's own report, its trainer's limit, or the kernel's. */
export const isOutOfMemory = (error: unknown): error is Problem =>
  error instanceof Problem &&
  (error.code === "out_of_memory" || (error instanceof ChildFault && error.fault === "memory"));

/**
 * Half the batch, from 2. The stage starts again with it, so that its weights are those of a run that asked for that batch.
 * @throws Problem out_of_memory when there is no smaller one
 */
export function halveBatch(inUse: BatchInUse | undefined, cause: Problem): BatchInUse & { note: string } {
  const { stage, batchSize } = inUse ?? { stage: undefined, batchSize: 0 };
  if (!stage || batchSize <= SMALLEST) {
    const what = stage ? `${stage} with a batch of ${batchSize}` : "preparing to train";
    const remedy = "give the trainer more (URSA_TRAIN_MEMORY_MB, or a larger machine), or train smaller pictures";
    throw new Problem("out_of_memory", `${what} does not fit in memory; ${remedy}. ${cause.message}`, { cause });
  }
  const half = Math.max(SMALLEST, Math.floor(batchSize / 2));
  return { stage, batchSize: half, note: `${stage}: batch ${batchSize} → ${half}: did not fit in memory` };
}

/** Rows, checkpoints and the finder's rate of the large batch are another run's now. */
export function withSmallerBatch(model: Model, { stage, batchSize, note }: ReturnType<typeof halveBatch>): Model {
  const isKept = (part: { stage: string }) => part.stage !== stage;
  const { finder, ...rest } = model;
  const foundIn = finder?.layers === "head" ? "stage-1" : "stage-2";
  return {
    ...rest,
    ...(finder && foundIn !== stage ? { finder } : {}),
    epochs: model.epochs.filter(isKept),
    checkpoints: model.checkpoints.filter(isKept),
    batchLimits: { ...model.batchLimits, [stage]: batchSize },
    notes: [...(model.notes ?? []), note],
  };
}

/** The recipe with the batches that earlier attempts found to fit. */
export function recipeThatFits({ recipe, batchLimits = {} }: Pick<Model, "recipe" | "batchLimits">): Recipe {
  const fit = <S extends Recipe["stage1"] | Recipe["stage2"]>(stage: S, batchSize: number | undefined): S =>
    batchSize === undefined ? stage : { ...stage, batchSize };
  const { "stage-1": first, "stage-2": second } = batchLimits;
  return { ...recipe, stage1: fit(recipe.stage1, first), stage2: fit(recipe.stage2, second) };
}

/** What ONNX Runtime and JavaScript say when memory is refused. */
export const isAllocationFailure = (error: unknown): boolean =>
  error instanceof Error &&
  /bad_alloc|bad allocation|failed to allocate|allocation failed|out of memory/i.test(error.message);

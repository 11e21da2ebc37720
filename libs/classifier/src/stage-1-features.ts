// What stage 1 trains on: pooled activations of the frozen body, one set for each augmented view. A picture is decoded once for all.
import type { Progress } from "@ursa/contracts/record";
import { at } from "@ursa/tensor/layout";
import { planAugmentation, transformsOf } from "./augment-plan.ts";
import { traceBody } from "./body-graph.ts";
import type { FeatureFile, FeatureRows } from "./feature-file.ts";
import { type FeatureSet, openFeatureExtractor } from "./features.ts";
import type { LabelledFeatures } from "./fit-head.ts";
import type { HeadSize } from "./head.ts";
import type { Stage1Recipe, TrainingItem, ViewSource } from "./stage-1-types.ts";
import type { StartingWeights } from "./starting-weights.ts";
import { reportPictures } from "./training-progress.ts";
import { registryEntry } from "./weights-registry.ts";

export type FeaturesOptions = {
  train: TrainingItem[];
  valid: TrainingItem[];
  recipe: Stage1Recipe;
  /** Its body is what the pictures go through. */
  start: StartingWeights;
  views: ViewSource;
  /** Activations are spilled here, about 10 kB per picture and view. The caller removes it. */
  workDir: string;
  threads: number;
  viewCount: number;
  /** After every batch of pictures. */
  onProgress(progress: Progress): void;
  signal: AbortSignal;
};

/** The head of a recipe's backbone, for so many classes. */
export const headSizeOf = ({ backbone }: Pick<Stage1Recipe, "backbone">, classes: readonly string[]): HeadSize => ({
  features: registryEntry(backbone).backbone.channels * 2,
  classes: classes.length,
});

/**
 * Activations of the validation pictures and of `viewCount` augmented views of the training pictures, from disk where they are
 * there already. The caller closes them with `opened`.
 */
export async function computeFeatures(options: FeaturesOptions, opened: AsyncDisposableStack) {
  const { start, viewCount, recipe, train, valid, workDir, threads, onProgress, signal } = options;
  const { backbone, statistics } = registryEntry(recipe.backbone);
  const graph = traceBody({ backbone, weights: start.body, statistics }, recipe.size).bytes;
  const body = bodyKeyOf(options);
  const total = valid.length + train.length * viewCount;
  let done = 0;
  const report = reportPictures({ phase: "features", stage: "stage-1" }, { onProgress });
  const onBatch = (views: number) => {
    done += views;
    report(done, total);
  };
  await using extractor = await openFeatureExtractor({
    graph,
    size: recipe.size,
    width: backbone.channels * 2,
    workDir,
    threads,
  });
  /** One set for each view. */
  const labelled = async (set: FeatureSet, items: readonly TrainingItem[]): Promise<LabelledFeatures[]> => {
    const file = await extractor.extract(set, onBatch, signal);
    opened.defer(() => file.close());
    const labels = items.map(({ label }) => label);
    return Array.from({ length: set.viewCount }, (_, view) => ({ features: viewOf(file, set, view), labels }));
  };
  const [validSet] = await labelled(validFeatures(options, body), valid);
  if (!validSet) throw new Error("Validation pictures have one view.");
  return { trainViews: await labelled(trainFeatures(options, body), train), validSet };
}

/** The rows of one view, by the place of their picture. */
const viewOf = (file: FeatureFile, { count, viewCount }: FeatureSet, view: number): FeatureRows => ({
  count,
  rows: (indices) => file.rows(indices.map((index) => index * viewCount + view)),
});

/** What the body is: two runs with equal values here may share activations. */
const bodyKeyOf = ({ start, recipe }: FeaturesOptions) => ({
  weights: start.identity,
  backbone: recipe.backbone,
  size: recipe.size,
});
type BodyKey = ReturnType<typeof bodyKeyOf>;

function validFeatures({ valid, views }: FeaturesOptions, body: BodyKey): FeatureSet {
  return {
    key: { body, side: "valid", items: valid.map(({ key }) => key) },
    count: valid.length,
    viewCount: 1,
    views: async (index, signal) => [await views.validView(at(valid, index), signal)],
  };
}

function trainFeatures({ recipe, train, views, viewCount }: FeaturesOptions, body: BodyKey): FeatureSet {
  return {
    key: {
      body,
      side: "train",
      transforms: transformsOf(recipe),
      seed: recipe.seed,
      viewCount,
      items: train.map(({ key }) => key),
    },
    count: train.length,
    viewCount,
    views(index, signal) {
      const plan = (_: unknown, view: number) => planAugmentation(recipe, { stage: "stage-1", view, index });
      return views.trainViews(at(train, index), Array.from({ length: viewCount }, plan), signal);
    },
  };
}

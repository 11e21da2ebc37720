// What stage 1 trains on: pooled activations of the frozen body, one set for each augmented view.
import type { Progress } from "@ursa/contracts/record";
import { at } from "@ursa/tensor/layout";
import { planAugmentation, transformsOf } from "./augment-plan.ts";
import { traceBody } from "./body-graph.ts";
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
  const onBatch = (pictures: number) => {
    done += pictures;
    report(done, total);
  };
  await using extractor = await openFeatureExtractor({
    graph,
    size: recipe.size,
    width: backbone.channels * 2,
    workDir,
    threads,
  });
  const labelled = async (set: FeatureSet, items: readonly TrainingItem[]): Promise<LabelledFeatures> => {
    const features = await extractor.extract(set, onBatch, signal);
    opened.defer(() => features.close());
    return { features, labels: items.map(({ label }) => label) };
  };
  const validSet = await labelled(validFeatures(options, body), valid);
  const trainViews: LabelledFeatures[] = [];
  for (let view = 0; view < viewCount; view += 1) {
    trainViews.push(await labelled(trainFeatures(options, body, view), train));
  }
  return { trainViews, validSet };
}

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
    view: (index, signal) => views.validView(at(valid, index), signal),
  };
}

function trainFeatures({ recipe, train, views }: FeaturesOptions, body: BodyKey, view: number): FeatureSet {
  return {
    key: {
      body,
      side: "train",
      transforms: transformsOf(recipe),
      seed: recipe.seed,
      view,
      items: train.map(({ key }) => key),
    },
    count: train.length,
    view: (index, signal) =>
      views.trainView(at(train, index), planAugmentation(recipe, { stage: "stage-1", view, index }), signal),
  };
}

// Inspects the pictures of a dataset by the features that the pretrained body has for them; no model needs to be trained before.

import type { Progress } from "@ursa/contracts/record";
import type { NoisyClassPair } from "@ursa/contracts/suspect";
import { at } from "@ursa/tensor/layout";
import { confidentJoint, findLabelSuspects } from "./confident-learning.ts";
import { findDirectionalNoise } from "./directional-noise.ts";
import { type FeatureRows, standardise } from "./feature-rows.ts";
import type { InspectedPicture } from "./findings.ts";
import { assignFolds, groupsOf } from "./folds.ts";
import { findNeighbours, type NearDuplicate, type NearPicture } from "./neighbours.ts";
import { findClassNearness, findOffTopic } from "./off-topic.ts";
import { outOfFold } from "./out-of-fold.ts";
import { listWorthALook, type WorthALook } from "./worth-a-look.ts";

export type InspectOptions = {
  pictures: readonly InspectedPicture[];
  /** Of the body, one row per picture, as it gives them. */
  features: FeatureRows;
  /** Names, in label order. */
  classes: readonly string[];
  threads: number;
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
};

export type Inspected = {
  confidentJoint: number[][];
  directionalNoise: NoisyClassPair[];
  pairs: NearDuplicate[];
  /** Per picture, the others that are most like it, copies apart. */
  nearest: NearPicture[][];
  worthALook: WorthALook[];
};

const FOLDS = 5;
/** Fixed: the same dataset is always told the same. */
const SEED = 1;

/**
 * Near-duplicates first, since folds keep them together; then what a head that did not learn from a picture says of its label.
 * A dataset with a single class has no label to doubt. Throws the signal's reason.
 */
export async function inspectPictures(options: InspectOptions): Promise<Inspected> {
  const { pictures, classes, threads, signal, onProgress = () => {} } = options;
  const features = standardise(options.features);
  const hashes = pictures.map(({ perceptualHash }) => perceptualHash);
  const report = (part: "neighbours" | "labels") => (done: number, total: number) =>
    onProgress({ phase: "inspect", stage: part, done, total });
  const near = await findNeighbours({ features, hashes, threads, signal, onBlock: report("neighbours") });
  const given = await judgeLabels({ ...options, features }, near.pairs, report("labels"));
  const joint = confidentJoint(given);
  const labels = findLabelSuspects(given);
  const classNearness = findClassNearness({ features, labels: given.labels, classes: classes.length });
  const findings = { labels, pairs: near.pairs, offTopic: findOffTopic(near.nearness, classNearness) };
  return {
    confidentJoint: joint,
    directionalNoise: findDirectionalNoise(joint).map(({ actual, given: label, ...pair }) => ({
      ...{ actual: at(classes, actual), given: at(classes, label) },
      ...pair,
    })),
    pairs: near.pairs,
    nearest: near.nearest,
    worthALook: listWorthALook(pictures, classes, findings),
  };
}

async function judgeLabels(
  { pictures, features, classes, threads, signal }: InspectOptions,
  pairs: readonly NearDuplicate[],
  onStep: (done: number, total: number) => void,
) {
  const labels = pictures.map(({ label }) => label);
  const foldOf = assignFolds({ labels, groups: groupsOf(labels.length, pairs) }, { folds: FOLDS, seed: SEED });
  const probabilities = await outOfFold({
    ...{ features, labels, classes: classes.length, foldOf, folds: FOLDS },
    ...{ threads, signal, onStep },
  });
  return { labels, probabilities, classes: classes.length };
}

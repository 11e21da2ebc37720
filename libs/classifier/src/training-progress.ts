// What a run says after every batch: where it is, how it does, how fast it goes and how long it will take.
import type { StageName } from "@ursa/contracts/model";
import type { Progress } from "@ursa/contracts/record";

export type StepReport = {
  /** Steps taken, and those of the whole run. */
  done: number;
  total: number;
  /** All from 1. */
  epoch: number;
  epochs: number;
  batch: number;
  batches: number;
  /** Pictures of this batch. */
  images: number;
  /** Of this batch alone. */
  loss: number;
  learningRate: number;
};

export type ReportOptions = {
  stage: StageName;
  /** Pictures on which each epoch is measured. */
  measured: number;
  onProgress(progress: Progress): void;
  /** Milliseconds. */
  now?: () => number;
};

/** Of the loss: fastai's recorder. */
const LOSS_SMOOTHING = 0.98;
/** Follows a machine that becomes busy within some ten batches. */
const PACE_SMOOTHING = 0.9;
/** A picture that is only measured takes about a third of one that is learned from. */
const MEASURED_SHARE = 1 / 3;

/**
 * Turns the steps of a stage into progress. The pauses between two epochs show how long measuring takes, so that the time left,
 * which is that of this stage, counts it for every epoch to come. Nothing is said of speed before the second step.
 */
export function reportSteps({
  stage,
  measured,
  onProgress,
  now = monotonic,
}: ReportOptions): (step: StepReport) => void {
  const [losses, pace] = [smoothed(LOSS_SMOOTHING), smoothed(PACE_SMOOTHING)];
  let last: number | undefined;
  let measuring: number | undefined;
  return ({ images, loss: stepLoss, ...at }) => {
    const passed = last === undefined ? undefined : (now() - last) / 1000;
    last = now();
    // The time of an epoch of one batch is all in its pace.
    const spansEpochs = at.batch === 1 && at.batches > 1 && pace.value !== undefined;
    if (passed !== undefined && spansEpochs) measuring = Math.max(0, passed - images * (pace.value ?? 0));
    else if (passed !== undefined) pace.add(passed / images);
    const loss = losses.add(stepLoss);
    const perEpoch = at.batches === 1 ? 0 : (measuring ?? measured * MEASURED_SHARE * (pace.value ?? 0));
    const left = (at.total - at.done) * images * (pace.value ?? 0) + (at.epochs - at.epoch + 1) * perEpoch;
    onProgress({ phase: "train", stage, ...at, ...finite({ loss }), ...speedOf(pace.value, left) });
  };
}

export type CountOptions = { onProgress(progress: Progress): void; now?: () => number };

/** The same for work that only counts pictures: activations. */
export function reportPictures(
  at: Pick<Progress, "phase" | "stage">,
  { onProgress, now = monotonic }: CountOptions,
): (done: number, total: number) => void {
  const pace = smoothed(PACE_SMOOTHING);
  let last = { at: now(), done: 0 };
  return (done, total) => {
    pace.add((now() - last.at) / 1000 / Math.max(1, done - last.done));
    last = { at: now(), done };
    onProgress({ ...at, done, total, ...speedOf(pace.value, (total - done) * (pace.value ?? 0)) });
  };
}

const monotonic = () => performance.now();

function speedOf(secondsPerImage: number | undefined, left: number) {
  if (!secondsPerImage) return {};
  return { imagesPerSecond: Number((1 / secondsPerImage).toPrecision(3)), etaSeconds: Math.ceil(left) };
}

/** JSON has no NaN. */
const finite = ({ loss }: { loss: number }) => (Number.isFinite(loss) ? { loss } : {});

/** A running average that forgets by `weight`, divided by 1 - weight^k for its start at 0. */
function smoothed(weight: number) {
  let [sum, count] = [0, 0];
  return {
    get value() {
      return count === 0 ? undefined : sum / (1 - weight ** count);
    },
    add(value: number): number {
      sum = weight * sum + (1 - weight) * value;
      count += 1;
      return sum / (1 - weight ** count);
    },
  };
}

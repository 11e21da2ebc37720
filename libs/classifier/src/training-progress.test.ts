import type { Progress } from "@ursa/contracts/record";
import { expect, test } from "vitest";
import { reportPictures, reportSteps, type StepReport } from "./training-progress.ts";

/** Two epochs of three batches of ten pictures. */
const step = (done: number, loss = 1): StepReport => ({
  ...{ done, total: 6, epoch: Math.ceil(done / 3), epochs: 2, batch: ((done - 1) % 3) + 1, batches: 3 },
  ...{ images: 10, loss, learningRate: 1e-3 },
});

/** `seconds` before each of the steps. */
function told(seconds: number[], losses: number[] = []): Progress[] {
  const progress: Progress[] = [];
  let at = 0;
  const onProgress = (now: Progress) => void progress.push(now);
  const onStep = reportSteps({ stage: "stage-2", measured: 30, onProgress, now: () => at });
  for (const [i, passed] of seconds.entries()) {
    at += passed * 1000;
    onStep(step(i + 1, losses[i]));
  }
  return progress;
}

test("a batch says where it is, and from the second on how fast it goes", () => {
  const [first, second] = told([60, 2]);
  const where = { phase: "train", stage: "stage-2", total: 6, epoch: 1, epochs: 2, batches: 3, learningRate: 1e-3 };
  expect(first).toEqual({ ...where, done: 1, batch: 1, loss: 1 });
  expect(second).toMatchObject({ ...where, done: 2, batch: 2, imagesPerSecond: 5 });
});

test("the time left counts the measuring of every epoch: guessed at first, then as long as it took", () => {
  const left = told([60, 2, 2, 12, 2, 2]).map(({ etaSeconds }) => etaSeconds);
  // A step takes 2 s; a third of 30 pictures is another 2 s for each epoch, until measuring has been seen to take 10 s.
  expect(left).toEqual([undefined, 8 + 4, 6 + 4, 4 + 10, 2 + 10, 10]);
});

test("the loss is smoothed as fastai's recorder does it, and left out when it is not a number", () => {
  const losses = told([1, 1, 1], [1, 2, Number.NaN]).map(({ loss }) => loss);
  expect(losses).toEqual([1, expect.closeTo((0.98 * 0.02 * 1 + 0.02 * 2) / (1 - 0.98 ** 2), 12), undefined]);
});

test("pictures that are only counted have a speed too", () => {
  const progress: Progress[] = [];
  let at = 0;
  const onDone = reportPictures(
    { phase: "features", stage: "stage-1" },
    { onProgress: (now) => void progress.push(now), now: () => at },
  );
  at += 4000;
  onDone(16, 48);
  expect(progress).toEqual([
    { phase: "features", stage: "stage-1", done: 16, total: 48, imagesPerSecond: 4, etaSeconds: 8 },
  ]);
});

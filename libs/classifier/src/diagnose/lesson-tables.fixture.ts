// The tables of fastai's second lesson (course v3, 2018): train loss (a running average, with dropout and augmentation), valid loss
// and mistakes of three classes of bears; and one run of many epochs that got better to the end.
import type { Evidence, JudgedRow } from "./evidence.ts";

const VALID = 141;
const table = (...rows: [trainLoss: number, validLoss: number, wrong: number][]): JudgedRow[] =>
  rows.map(([trainLoss, validLoss, wrong]) => ({ trainLoss, validLoss, wrong, validCount: VALID }));

/** Of a run of stage 1 with a new head, as far as a table tells. */
export const evidenceOf = (rows: readonly JudgedRow[], more: Partial<Evidence> = {}): Evidence => ({
  ...{ stage: "stage-1", rows, isNewHead: true, isComplete: true, epochs: rows.length, rates: { upper: 3e-3 } },
  ...{ usualRate: 3e-3, classes: ["black", "grizzly", "teddys"], isBalanced: false, others: [] },
  ...more,
});

const STAGE_1 = table(
  [0.710584, 0.087024, 3],
  [0.414239, 0.045413, 2],
  [0.306174, 0.035602, 2],
  [0.239355, 0.03523, 3],
);

export const HEALTHY: [string, Evidence][] = [
  ["stage 1", evidenceOf(STAGE_1)],
  [
    "stage 2",
    evidenceOf(table([0.107059, 0.056375, 4], [0.070725, 0.041957, 2]), {
      ...{
        stage: "stage-2",
        before: STAGE_1.at(-1),
        isNewHead: false,
        rates: { lower: 3e-5, upper: 3e-4 },
        usualRate: 3e-4,
      },
    }),
  ],
  [
    "another stage 1",
    evidenceOf(
      table([1.030236, 0.179226, 4], [0.561508, 0.055464, 2], [0.396103, 0.053801, 2], [0.316883, 0.050197, 3]),
    ),
  ],
];

export const TOO_HIGH = evidenceOf(table([12.220007, 1144188288, 108]), { rates: { upper: 0.5 } });
export const TOO_LOW = evidenceOf(
  table([1.349, 1.063, 86], [1.373, 1.045, 77], [1.346, 1.006, 66], [1.334, 0.979, 64], [1.321, 0.978, 63]),
  { rates: { upper: 1e-5 } },
);
export const TOO_FEW = evidenceOf(table([0.602823, 0.119616, 7]));

/** 40 epochs, of which every fifth was told: between two of them the losses are taken to go straight. 546 pictures. */
const EVERY_FIFTH: [epoch: number, trainLoss: number, validLoss: number, error: number][] = [
  [1, 1.513, 1.042, 0.507],
  [5, 1.023, 0.735, 0.253],
  [10, 0.679, 0.368, 0.125],
  [15, 0.437, 0.227, 0.068],
  [20, 0.349, 0.258, 0.081],
  [25, 0.289, 0.227, 0.07],
  [30, 0.227, 0.225, 0.075],
  [35, 0.184, 0.223, 0.073],
  [40, 0.163, 0.206, 0.062],
];
export const FORTY_EPOCHS = evidenceOf(
  Array.from({ length: 40 }, (_, i): JudgedRow => {
    const after = EVERY_FIFTH.findIndex(([epoch]) => epoch >= i + 1);
    const [to, from] = [EVERY_FIFTH[after], EVERY_FIFTH[Math.max(0, after - 1)]];
    if (!to || !from) throw new RangeError("There are 40 epochs.");
    const part = to === from ? 1 : (i + 1 - from[0]) / (to[0] - from[0]);
    const between = (column: 1 | 2 | 3) => from[column] + part * (to[column] - from[column]);
    return { trainLoss: between(1), validLoss: between(2), wrong: Math.round(546 * between(3)), validCount: 546 };
  }),
  { stage: "stage-2", isNewHead: false, rates: { lower: 1e-6, upper: 1e-4 }, usualRate: 3e-4 },
);

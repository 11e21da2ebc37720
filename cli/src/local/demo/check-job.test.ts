// The demo's judge: a sound job passes, and each kind of wrong count is found.
import type { Dataset } from "@ursa/contracts/dataset";
import type { Model } from "@ursa/contracts/model";
import type { Prediction, PredictionRow } from "@ursa/contracts/prediction";
import { expect, test } from "vitest";
import { checkJob } from "./check-job.ts";
import type { Gallery } from "./gallery-process.ts";
import type { MainJob } from "./main-job.ts";

/** Two classes of four URLs: three good ones and one that is gone. */
function soundJob() {
  const urls = [0, 1, 2, 3].map((n) => `http://127.0.0.1/${n}.jpg`);
  const gallery: Gallery = {
    address: "127.0.0.1:1",
    classes: [
      { name: "black", urls },
      { name: "teddy", urls },
    ],
    expected: { ok: 6, http_4xx: 2 },
  };
  const counts = { listed: 4, outcomes: { ok: 3, http_4xx: 1 }, train: 2, valid: 1, test: 0, validFraction: 1 / 3 };
  const job = {
    dataset: {
      listed: 8,
      counts: {
        outcomes: { ok: 6, http_4xx: 2 },
        classes: [
          { class: "black", ...counts },
          { class: "teddy", ...counts },
        ],
      },
    } as Dataset & { counts: NonNullable<Dataset["counts"]> },
    model: {
      recipe: { phases: ["stage-1"], stage1: { epochs: 2 } },
      epochs: [{ epoch: 1 }, { epoch: 2 }],
      stages: [{ name: "stage-1", errorRate: 0.1, validLoss: 0.3, seconds: 1 }],
    } as Model,
    prediction: { inputs: 6, counts: { outcomes: { ok: 6 }, classes: {} } } as unknown as Prediction,
    rows: [0, 1, 2, 3, 4, 5].map((index) => ({ index, input: String(index), outcome: "ok" }) as PredictionRow),
  };
  return { gallery, job };
}

type Sound = ReturnType<typeof soundJob>;

const faultsOf = (spoil: (sound: Sound) => void) => {
  const sound = soundJob();
  spoil(sound);
  // The judge looks at counts only.
  return checkJob(sound.gallery, sound.job as unknown as MainJob);
};

test("a job whose counts are as planted has no fault", () => {
  expect(faultsOf(() => {})).toEqual([]);
});

test.each<[string, (sound: Sound) => void, string]>([
  ["a URL without outcome", ({ job }) => void Object.assign(job.dataset, { listed: 9 }), "URLs with an outcome"],
  ["a URL that was never listed", ({ gallery }) => void gallery.classes[0]?.urls.pop(), "URLs listed"],
  [
    "a picture on no side",
    ({ job }) => void Object.assign(job.dataset.counts.classes[1] ?? {}, { train: 1 }),
    "pictures of teddy on a side of the split",
  ],
  [
    "a planted fault that was not found",
    ({ job }) => void Object.assign(job.dataset.counts, { outcomes: { ok: 7, http_4xx: 1 } }),
    "http_4xx: expected 2, came 1",
  ],
  [
    "a fault that was not planted",
    ({ job }) => void Object.assign(job.dataset.counts, { outcomes: { ok: 5, http_4xx: 2, timeout: 1 } }),
    "timeout: expected 0, came 1",
  ],
  ["an epoch that is missing", ({ job }) => void job.model.epochs.pop(), "epochs: expected 2, came 1"],
  ["a row that is missing", ({ job }) => void job.rows.pop(), "result rows: expected 6, came 5"],
  ["rows in another order", ({ job }) => void job.rows.reverse(), "result rows in input order"],
  [
    "a picture that was not predicted",
    ({ job }) => void Object.assign(job.prediction, { counts: { outcomes: { ok: 5 } } }),
    "pictures predicted: expected 6, came 5",
  ],
  [
    "a classifier that guesses",
    ({ job }) => void Object.assign(job.model.stages[0] ?? {}, { errorRate: 0.66 }),
    "error rate on drawn bears: expected at most 0.35, came 0.66",
  ],
  ["a classifier that was never checked", ({ job }) => void job.model.stages.pop(), "error rate on drawn bears"],
])("%s is found", (_, spoil, fault) => {
  expect(faultsOf(spoil).join("\n")).toContain(fault);
});

test("a folder of real pictures promises neither outcomes nor an error rate", () => {
  const faults = faultsOf(({ gallery, job }) => {
    delete gallery.expected;
    job.dataset.counts.outcomes = { ok: 5, timeout: 3 };
    job.prediction.counts = { outcomes: { ok: 5 }, classes: {} };
    job.model.stages.pop();
  });
  expect(faults).toEqual([]);
});

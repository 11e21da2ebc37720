// A diagnosis as people read it.
import type { Diagnosis } from "@ursa/contracts/diagnosis";
import { expect, test } from "vitest";
import { describeDiagnosis, headline } from "./describe-diagnosis.ts";

const SOUND: Diagnosis = {
  ...{ model: "mdl_01J00000000000000000000000", stage: "stage-1", findings: [] },
  notJudged: [
    ...(["leakage", "label_noise"] as const).map((code) => ({
      ...{ code, lacks: "an inspection", remedy: "Have the pictures inspected.", command: "ursa clean ds_1" },
    })),
    { code: "too_few_epochs", lacks: "the end of the run", remedy: "Ask again when it has ended." },
  ],
};
const BURST: Diagnosis = {
  ...SOUND,
  notJudged: [],
  findings: [
    {
      ...{ code: "learning_rate_too_high", stage: "stage-1", sure: "certain", saw: "At 0.5 the losses burst." },
      evidence: { validLoss: null, learningRate: 0.5, errorRate: 108 / 141 },
      change: { says: "Start again at 5e-2.", command: "ursa train ds_1 --lr 0.05" },
    },
  ],
};

test("names what was seen, with numbers, and the command to try", () => {
  expect(describeDiagnosis(BURST)).toBe(`mdl_01J00000000000000000000000  stage-1

learning rate too high (certain)
  At 0.5 the losses burst.
  [validLoss not a number, learningRate 0.5, errorRate 0.766]
  Start again at 5e-2.
  ursa train ds_1 --lr 0.05`);
  expect(headline(BURST)).toBe(
    "Looks like learning rate too high (certain): Start again at 5e-2. See ursa model diagnose mdl_01J00000000000000000000000",
  );
});

test("says that nothing was found, and what was not looked for", () => {
  expect(describeDiagnosis(SOUND)).toBe(`mdl_01J00000000000000000000000  stage-1

nothing wrong was found

not judged, for lack of an inspection: validation pictures that were trained on, wrong labels
  Have the pictures inspected.
  ursa clean ds_1
not judged, for lack of the end of the run: too few epochs
  Ask again when it has ended.`);
  expect(headline(SOUND)).toBeUndefined();
  expect(describeDiagnosis({ model: SOUND.model, findings: [], notJudged: [] })).toContain("has finished no epoch");
});

// A comparison of two models: what each says of the same pictures, which neither was trained on, which answers changed, and whether
// that is beyond chance.
import { z } from "zod";
import { type EvaluatedItem, evaluationSchema, measuredSchema } from "./evaluation.ts";
import {
  aliasNameSchema,
  datasetIdSchema,
  evaluationIdSchema,
  modelIdSchema,
  sha256Schema,
  stageReferenceSchema,
} from "./ids.ts";
import { stageNameSchema } from "./model.ts";

export const comparedSplitSchema = z.enum(["valid", "test"]);
export type ComparedSplit = z.infer<typeof comparedSplitSchema>;

export const createComparisonSchema = z.strictObject({
  with: z
    .union(
      [stageReferenceSchema, aliasNameSchema],
      "expected a model, a stage of one, or an alias, like mdl_01J…@stage-1",
    )
    .describe("What it is compared with, from which the change is told: a model, a stage of one, or an alias."),
  stage: stageNameSchema.optional().describe("Of the model in the address. Left out: the latest finished one."),
  split: comparedSplitSchema.default("valid").describe("The side of the split: pictures that neither was trained on."),
});
export type CreateComparison = z.infer<typeof createComparisonSchema>;

/** Why pictures of that side are not compared, and how many they are. */
export const notSharedSchema = z.object({
  /** Only in the newer of the two datasets: the other model never answered them. */
  added: z.int(),
  /** Only in the older one: taken out since. */
  removed: z.int(),
  /** On that side for one model and not for the other, which may have been trained on them. */
  otherSide: z.int(),
  /** Of a class that one of the models does not know. */
  unknownClass: z.int(),
  /** One of the two could not read them. */
  unread: z.int(),
});
export type NotShared = z.infer<typeof notSharedSchema>;

/** Why a picture is not compared, in words. */
export const NOT_SHARED_WORDS: Record<keyof NotShared, string> = {
  added: "only in the newer dataset",
  removed: "taken out since",
  otherSide: "on another side of the split for one of them",
  unknownClass: "of a class that one of them does not know",
  unread: "could not be read",
};

/** One picture that both answered, named and labelled as in the newer dataset; `before` and `after` as each evaluation has it. */
export type SharedPicture = Pick<EvaluatedItem, "key" | "class" | "url"> & {
  before: EvaluatedItem;
  after: EvaluatedItem;
};

const answerSchema = z.object({
  predicted: z.string(),
  /** Of the predicted class. */
  confidence: z.number().optional(),
  /** Of the true class. */
  probability: z.number(),
  /** Plain cross-entropy, in nats. */
  loss: z.number(),
});
export type ComparedAnswer = z.infer<typeof answerSchema>;

/** A picture whose answer is another class. Its picture is at /v1/datasets/{id}/items/{key}/image of the newer dataset. */
export const changedPictureSchema = z.object({
  key: z.string(),
  class: z.string(),
  url: z.string(),
  before: answerSchema,
  after: answerSchema,
});
export type ChangedPicture = z.infer<typeof changedPictureSchema>;

/** Those whose loss changed most first, at most a hundred. */
const changedSchema = z.object({ count: z.int(), items: z.array(changedPictureSchema) });

const datasetReferenceSchema = z.object({ id: datasetIdSchema, version: z.int(), manifestSha256: sha256Schema });

const comparedSchema = z.object({
  model: modelIdSchema,
  stage: stageNameSchema,
  evaluation: evaluationIdSchema,
  dataset: datasetReferenceSchema,
  /** On the shared pictures alone, by the labels of the newer dataset. */
  ...measuredSchema.pick({
    ...{ count: true, wrong: true, errorRate: true, errorRateLow: true, errorRateHigh: true, loss: true },
    ...{ confusion: true, mostConfused: true, perClass: true },
  }).shape,
});
export type Compared = z.infer<typeof comparedSchema>;

export const verdictSchema = z.enum(["better", "worse", "unclear"]);

export const comparisonResultSchema = z.object({
  split: comparedSplitSchema,
  /** The newer of the two datasets: its labels count. */
  dataset: datasetReferenceSchema,
  /** Order of rows and columns: of the newer dataset, then what else the models know. */
  classes: z.array(z.string()),
  /** Pictures that both answered, by content. */
  shared: z.int(),
  /** Of them, those that had another class in the older dataset. */
  relabelled: z.int(),
  notShared: notSharedSchema,
  before: comparedSchema,
  after: comparedSchema,
  /** After less before. Row: the true class. Column: the predicted one. */
  confusionChange: z.array(z.array(z.int())),
  /** Wrong before, right after. */
  mended: changedSchema,
  /** Right before, wrong after. */
  broken: changedSchema,
  /** Wrong before and after, with another class. */
  otherwiseWrong: changedSchema,
  /** McNemar's exact test, two-sided: the probability of so uneven a count of mended and broken, or a more uneven one, by chance. */
  pValue: z.number(),
  /** `unclear` from a p-value of 0.05 on. */
  verdict: verdictSchema,
  /** The same in words. */
  says: z.string(),
});
export type ComparisonResult = z.infer<typeof comparisonResultSchema>;

/** `result` is there when both evaluations are ready. */
export const comparisonSchema = z.object({
  before: evaluationSchema,
  after: evaluationSchema,
  result: comparisonResultSchema.optional(),
});
export type Comparison = z.infer<typeof comparisonSchema>;

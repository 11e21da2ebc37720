// What may be wrong with a picture of a dataset, and in which words a person is told.
import { z } from "zod";
import { splitSchema } from "./dataset.ts";
import { outcomeSchema } from "./outcomes.ts";

export const SUSPICIONS = [
  "label",
  "conflict",
  "leak",
  "duplicate",
  "off_topic",
  "tiny",
  "blurry",
  "dark",
  "odd_aspect",
] as const;
export const suspicionSchema = z.enum(SUSPICIONS);
export type Suspicion = z.infer<typeof suspicionSchema>;

export const reasonSchema = z.object({
  suspicion: suspicionSchema,
  /** What a person gains by looking, in [0, 1]: how sure it is times how much harm it does. */
  benefit: z.number(),
  /** For people, without the picture's own name. */
  says: z.string(),
  /** For `label`: the class that the picture looks like. For `conflict`: that of the other picture. */
  looksLike: z.string().optional(),
  /** For `label`: the label's probability less that of the class it looks like, out of fold, in [-1, 1]. */
  margin: z.number().optional(),
  /** For `conflict`, `leak` and `duplicate`: the key of the item that is nearly the same. */
  of: z.string().optional(),
});
export type Reason = z.infer<typeof reasonSchema>;

/** One picture that is worth a look. */
export const suspectSchema = z.object({
  /** The item's in its dataset: its picture is at /v1/datasets/{id}/items/{key}/image. */
  key: z.string(),
  class: z.string(),
  split: splitSchema.optional(),
  outcome: outcomeSchema,
  url: z.string(),
  /** Of its best reason; the list is in this order. */
  benefit: z.number(),
  /** The best first. */
  reasons: z.array(reasonSchema).min(1),
});
export type Suspect = z.infer<typeof suspectSchema>;

/** Pictures of class `actual` that carry the label `given`, more often than chance and than other pairs. */
export const noisyPairSchema = z.object({
  actual: z.string(),
  given: z.string(),
  /** Pictures believed to be of `actual` and labelled `given`, `of` so many believed to be of `actual`. */
  count: z.int(),
  of: z.int(),
  /** Fisher's exact test, one-sided, corrected for the number of pairs. */
  pValue: z.number(),
});
export type NoisyClassPair = z.infer<typeof noisyPairSchema>;

/** For people: what a pair means, and what to do about it. */
export const sayOfNoise = ({ actual, given, count, of }: NoisyClassPair): string =>
  `${count} of ${of} pictures that look like ${actual} are labelled ${given}: more than chance, so look at how ${given} was collected.`;

/** An item that is like another one; the cosine is of their standardised features. */
export const nearItemSchema = z.object({ key: z.string(), cosine: z.number() });

export const nearDuplicateSchema = z.object({
  /** Keys of the two items. */
  a: z.string(),
  b: z.string(),
  /** Of their standardised features. */
  cosine: z.number(),
  /** Bits in which their perceptual hashes differ, of 64. */
  distance: z.int(),
});

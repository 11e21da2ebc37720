// A batch as a person looks at it: which pictures, in which views, after which of the recipe's transforms.
import { z } from "zod";
import { stageNameSchema } from "./model.ts";
import { recipeSchema } from "./recipe.ts";

/** Of one sheet; at 256 pixels each, and fewer of larger ones. */
export const MAX_SHOWN = 64;
const MAX_SHOWN_PIXELS = MAX_SHOWN * 256 ** 2;

/** A field of the recipe, which in a query is text. It takes what the field takes, too, and that is what a client gives. */
const asText = <S extends z.ZodType>(field: S) => z.preprocess(fromText, field) as unknown as S;

function fromText(given: unknown): unknown {
  if (typeof given !== "string") return given;
  if (given === "true" || given === "false") return given === "true";
  const number = given.trim() === "" ? Number.NaN : Number(given);
  return Number.isNaN(number) ? given : number;
}

const { shape } = recipeSchema;
const upTo = (most: number) => z.coerce.number().int().min(1).max(most);

export const shownBatchSchema = z
  .strictObject({
    rows: upTo(MAX_SHOWN).default(3),
    columns: upTo(MAX_SHOWN).default(3),
    page: upTo(1_000_000).default(1).describe("2 shows other pictures than 1, until all were shown once."),
    class: z.string().max(128).optional(),
    split: z
      .enum(["train", "valid"])
      .default("train")
      .describe("valid: as validation sees them, in the middle and never augmented."),
    stage: stageNameSchema.default("stage-1").describe("Whose views: each stage draws its own."),
    epoch: upTo(1000).default(1).describe("Of that stage, from 1: the same picture is seen differently in each."),
    views: upTo(MAX_SHOWN).default(1).describe("So many epochs of each picture beside each other, from that one on."),
    size: asText(shape.size),
    seed: asText(shape.seed),
    validFraction: asText(shape.validFraction),
    augment: asText(shape.augment),
    flip: asText(shape.flip),
    flipVertical: asText(shape.flipVertical),
    maxRotate: asText(shape.maxRotate),
    maxZoom: asText(shape.maxZoom),
    maxLighting: asText(shape.maxLighting),
    maxWarp: asText(shape.maxWarp),
    pAffine: asText(shape.pAffine),
    pLighting: asText(shape.pLighting),
  })
  .superRefine(({ rows, columns, views, split, size }, context) => {
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: "custom", path: [field], message, input: field });
    const most = Math.min(MAX_SHOWN, Math.floor(MAX_SHOWN_PIXELS / size ** 2));
    if (rows * columns > most)
      refuse("rows", `times columns is more than the ${most} pictures of ${size} pixels that one sheet has`);
    if (columns % views > 0)
      refuse("columns", `is no multiple of views, ${views}: the views of a picture stand beside each other`);
    if (split === "valid" && views > 1)
      refuse("views", "are all the same on the validation side: leave them at 1 there");
  });
export type ShownBatchQuery = z.output<typeof shownBatchSchema>;

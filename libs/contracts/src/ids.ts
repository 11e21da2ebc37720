// Names of things: ids are a prefix and a ULID, so they sort by creation time and say what they name.
import { z } from "zod";

const ULID = "[0-9A-HJKMNP-TV-Z]{26}";

export const ID_PREFIX = {
  dataset: "ds",
  model: "mdl",
  prediction: "prd",
  evaluation: "evl",
  inspection: "ins",
  regression: "reg",
  sweep: "swp",
} as const;
export type RecordKind = keyof typeof ID_PREFIX;
/** Kinds whose records end by a job of their own; a sweep ends with its models. */
export type JobKind = Exclude<RecordKind, "sweep">;
// Object.keys of a const object yields exactly its keys.
export const recordKindSchema = z.enum(Object.keys(ID_PREFIX) as [RecordKind, ...RecordKind[]]);

const idSchema = (kind: RecordKind) =>
  z.string().regex(new RegExp(`^${ID_PREFIX[kind]}_${ULID}$`), `expected an id like ${ID_PREFIX[kind]}_01J…`);

export const datasetIdSchema = idSchema("dataset");
export const modelIdSchema = idSchema("model");
export const predictionIdSchema = idSchema("prediction");
export const evaluationIdSchema = idSchema("evaluation");
export const inspectionIdSchema = idSchema("inspection");
export const regressionIdSchema = idSchema("regression");
export const sweepIdSchema = idSchema("sweep");
/** Of whichever kind. */
export const recordIdSchema = z.string().regex(new RegExp(`^(${Object.values(ID_PREFIX).join("|")})_${ULID}$`));
/** Keys are no records: they belong to the installation and have no job. */
export const keyIdSchema = z.string().regex(new RegExp(`^key_${ULID}$`), "expected an id like key_01J…");
/** Nor are webhooks. */
export const webhookIdSchema = z.string().regex(new RegExp(`^whk_${ULID}$`), "expected an id like whk_01J…");
/** `<webhook>-<record>`, or `<webhook>-tst_<ULID>`: the same at each attempt, so that a receiver recognises what it has. */
export const messageIdSchema = z.string().regex(new RegExp(`^whk_${ULID}-[a-z]{2,4}_${ULID}$`));

/** An item of a dataset, in whichever of its versions. */
export const itemKeySchema = z.string().regex(/^\d{1,9}$/, "expected an item key: digits");

export const DEFAULT_NAMESPACE = "default";
export const namespaceSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);

/** A movable name of a model: `<name>@<environment>`, such as bears@production. */
export const aliasNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}@[a-z0-9][a-z0-9._-]{0,31}$/, "expected an alias like bears@production");

/** What a person may write where a model is wanted: its id or an alias. */
export const modelReferenceSchema = z.union(
  [modelIdSchema, aliasNameSchema],
  "expected a model id or an alias like bears@production",
);

/** A trained stage of a model, or with its id alone the last one it has. */
export const stageReferenceSchema = z
  .string()
  .regex(new RegExp(`^mdl_${ULID}(@stage-[12])?$`), "expected a model or a stage of one, like mdl_01J…@stage-1");

/** Upload names become part of a key, so they are plain file names. */
export const uploadNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/, "expected a plain file name: letters, digits, dot, dash, underscore");

// Class names are data and never part of a key. Two that look alike must be the same one, so characters that cannot be seen (or
// that turn the direction of text, or are half of one) are refused and every kind of space is a plain one.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]/u;
export const classNameSchema = z
  .string()
  .trim()
  .min(1, "a class needs a name")
  .max(128, "a class name has at most 128 characters")
  .refine((name) => !INVISIBLE.test(name), "a class name has no control or invisible characters")
  // As the key of an object it would be lost.
  .refine((name) => name !== "__proto__", "a class cannot be named __proto__")
  .transform((name) => name.normalize("NFC").replace(/\p{Zs}+/gu, " "));

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

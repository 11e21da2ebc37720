// The schema of model.json: everything needed to use the model and to know where it came from. Files are named with their sha256.
import { temperatureSchema } from "@ursa/contracts/evaluation";
import { engineNameSchema, epochRowSchema, stageNameSchema } from "@ursa/contracts/model";
import { PHASES } from "@ursa/contracts/recipe";
import { z } from "zod";

export const MODEL_FORMAT = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const perChannel = z.array(z.number()).length(3);
export const modelCardSchema = z.object({
  format: z.literal(MODEL_FORMAT),
  modelId: z.string(),
  stage: stageNameSchema,
  createdAt: z.string(),
  /** In the order of the network's outputs. */
  classes: z.array(z.string()).min(2),
  input: z.object({
    name: z.literal("pixels"),
    type: z.literal("uint8"),
    layout: z.literal("NHWC"),
    channels: z.literal("RGB"),
    /** Side of the square, in pixels. */
    size: z.number().int().positive(),
    /** How a picture becomes that square: imaging's RESIZE_RULE at the time. Whoever serves must make views by the same rule. */
    resize: z.record(z.string(), z.union([z.string(), z.number()])),
    /** In pixel values 0..255. Already inside model.onnx: feed it pixels as they are. */
    statistics: z.object({ mean: perChannel, std: perChannel, folded: z.literal(true) }),
  }),
  output: z.object({ name: z.literal("probabilities"), activation: z.literal("softmax") }),
  /** What the body was before this run; random weights are no file, so they have no sha256. */
  backbone: z.object({ name: z.string(), source: z.string(), licence: z.string(), sha256: sha256.optional() }),
  /** Fields of both stages, those of stage 1 among them, and in `stage2` those of stage 2 as it used them. */
  recipe: z.record(z.string(), z.unknown()),
  /** All that the run was to do, also after this stage. Models of earlier versions do not say. */
  phases: z.array(z.enum(PHASES)).optional(),
  /** How the run departed from its recipe, and why. */
  notes: z.array(z.string()).optional(),
  batchSize: z.number().int().positive(),
  /** Of stage 2: the top of the schedule for each layer group that was trained, lowest first. */
  rates: z.array(z.number()).optional(),
  trainCount: z.number().int(),
  validCount: z.number().int(),
  /** Whose weights these are: the last, unless the recipe keeps the best. Models of earlier versions do not say. */
  epoch: z.number().int().positive().optional(),
  /** What computed the steps, in order; more than one where the run went on on another. Models of earlier versions do not say. */
  engines: z.array(engineNameSchema).optional(),
  metrics: z.array(epochRowSchema),
  /** What makes its confidence on the validation pictures mean what it says; model.onnx does not apply it. Of an export of an interpreted model. */
  temperature: temperatureSchema.optional(),
  /** `validFraction` is there when the run cut the dataset's split anew. */
  dataset: z.object({
    id: z.string(),
    version: z.number().int(),
    manifestSha256: sha256,
    validFraction: z.number().optional(),
  }),
  /** The trained stage of a model that this run started from, and the sha256 of its weights. */
  from: z.object({ model: z.string(), stage: stageNameSchema, sha256 }).optional(),
  files: z.array(z.object({ name: z.string(), bytes: z.number().int(), sha256 })),
});

export type ModelCard = z.infer<typeof modelCardSchema>;

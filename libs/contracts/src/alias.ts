// An alias: a movable name of a model. One of them may be the default, used where a caller names no model.
import { z } from "zod";
import { aliasNameSchema, modelIdSchema, namespaceSchema } from "./ids.ts";

export const putAliasSchema = z.strictObject({ model: modelIdSchema, default: z.boolean().optional() });

export const aliasSchema = z.object({
  name: aliasNameSchema,
  namespace: namespaceSchema,
  model: modelIdSchema,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** Worked out when read: one pointer names the default, so two aliases can never both be it. */
  default: z.boolean(),
});
export type Alias = z.infer<typeof aliasSchema>;

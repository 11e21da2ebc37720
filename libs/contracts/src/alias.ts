// An alias: a movable name of a model. One of them may be the default, used where a caller names no model.
import { z } from "zod";
import { aliasNameSchema, modelIdSchema, namespaceSchema } from "./ids.ts";

/** As a browser names a site in `Origin`: scheme, host, and the port where it is not the usual one. */
const originSchema = z
  .string()
  .max(300)
  .refine(
    (text) => /^https?:/.test(text) && URL.parse(text)?.origin === text,
    "expected a site like https://example.org",
  );

export const DEFAULT_RATE_PER_MINUTE = 60;

/** What an alias that is public allows to people without a key. */
export const publicAccessSchema = z.strictObject({
  /** Sites whose pages may ask from the browser, beside the alias's own page. */
  origins: z.array(originSchema).max(50).default([]),
  /** Requests that one client address may send in a minute. */
  ratePerMinute: z.int().min(1).max(6000).default(DEFAULT_RATE_PER_MINUTE),
});
export type PublicAccess = z.output<typeof publicAccessSchema>;

export const putAliasSchema = z.strictObject({
  /** May be left out of an alias that exists: it keeps its model. */
  model: modelIdSchema.optional(),
  default: z.boolean().optional(),
  /** null makes it private again; left out, it stays as it is. */
  public: publicAccessSchema.nullable().optional(),
});
export type PutAlias = z.output<typeof putAliasSchema>;

export const aliasSchema = z.object({
  name: aliasNameSchema,
  namespace: namespaceSchema,
  model: modelIdSchema,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** Worked out when read: one pointer names the default, so two aliases can never both be it. */
  default: z.boolean(),
  public: publicAccessSchema.optional(),
});
export type Alias = z.infer<typeof aliasSchema>;

// API keys: who may call, what for, in which namespace and for how long. The secret half of a token is shown once.
import { z } from "zod";
import { keyIdSchema, namespaceSchema } from "./ids.ts";
import { scopeSchema } from "./scopes.ts";

const MAX_DAYS = 3650;

const scopesSchema = z
  .array(scopeSchema)
  .min(1, "a key needs at least one scope")
  .refine((scopes) => new Set(scopes).size === scopes.length, "names a scope twice");

export const createKeySchema = z.strictObject({
  /** For people: who or what has it. */
  name: z.string().trim().min(1).max(200),
  scopes: scopesSchema,
  /** Left out: the caller's own. */
  namespace: namespaceSchema.optional(),
  /** Left out: it does not expire. */
  expiresInDays: z.number().positive().max(MAX_DAYS).optional(),
});
export type CreateKey = z.infer<typeof createKeySchema>;

const MAX_GRACE_HOURS = 30 * 24;

export const rotateKeySchema = z.strictObject({
  /** How long what was good until now stays so. 0: it ends at once, as after a leak. */
  graceHours: z.number().min(0).max(MAX_GRACE_HOURS).default(24),
});

export const keySchema = z.object({
  id: keyIdSchema,
  name: z.string(),
  namespace: namespaceSchema,
  scopes: scopesSchema,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
  /** When it got the secret that it has now, where it has had another one. */
  rotatedAt: z.iso.datetime().optional(),
  /** When the last of its former secrets ends, or ended. */
  formerUntil: z.iso.datetime().optional(),
  /** To the minute; the newest uses may not be noted yet. */
  lastUsedAt: z.iso.datetime().optional(),
  /** The same of its former secrets: whoever sends one has not been given the new one. */
  formerUsedAt: z.iso.datetime().optional(),
});
export type Key = z.infer<typeof keySchema>;

/** `token` is what a caller sends. It cannot be had again. */
export const createdKeySchema = keySchema.extend({ token: z.string() });
export type CreatedKey = z.infer<typeof createdKeySchema>;

// An API key as it is stored: hashes of the secret that it has and of those that it had, each of these with its end.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { keySchema } from "@ursa/contracts/key";
import { Problem } from "@ursa/contracts/problem";
import { z } from "zod";

const formerSchema = z.object({ secretSha256: z.string(), until: z.iso.datetime() });

export const storedKeySchema = keySchema
  .omit({ lastUsedAt: true, formerUsedAt: true, formerUntil: true })
  .extend({ secretSha256: z.string(), former: z.array(formerSchema).optional() });
export type StoredKey = z.infer<typeof storedKeySchema>;

/** 256 bits: nobody guesses it, so a plain hash keeps it as well as a slow one would. */
const SECRET_BYTES = 32;
const HOUR_MS = 3_600_000;
/** So many are kept, those that have ended too: whoever sends one is told so. */
const MAX_FORMER = 10;

export const newSecret = (): string => randomBytes(SECRET_BYTES).toString("base64url");

export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** Which of the key's secrets has this hash: the one that it has is good without an end. Undefined: none of them. */
export function findSecret({ secretSha256, former = [] }: StoredKey, hash: string): { until?: string } | undefined {
  if (isEqual(hash, secretSha256)) return {};
  return former.find((one) => isEqual(hash, one.secretSha256));
}

/** Both are hashes in hex, so the same length; the time it takes tells nothing of where they differ. */
const isEqual = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/**
 * The key with another secret. What it had before ends after the grace at the latest: rotating again lets no secret live longer.
 * @throws Problem already_final for a key that has ended, conflict where more former secrets are good than are kept
 */
export function rotated(key: StoredKey, { secret, graceHours }: { secret: string; graceHours: number }): StoredKey {
  const now = new Date().toISOString();
  const endedAt = key.revokedAt ?? (key.expiresAt && key.expiresAt <= now ? key.expiresAt : undefined);
  if (endedAt) throw new Problem("already_final", `The key ${key.id} ended at ${endedAt}; make another one.`);
  const end = new Date(Date.parse(now) + graceHours * HOUR_MS).toISOString();
  const replaced = { secretSha256: key.secretSha256, until: end };
  const former = [...(key.former ?? []), replaced].map(({ secretSha256, until }) => ({
    secretSha256,
    until: until < end ? until : end,
  }));
  if (former.slice(0, -MAX_FORMER).some(({ until }) => until > now))
    throw new Problem(
      "conflict",
      `${MAX_FORMER} former secrets of ${key.id} are good at once; wait for one to end, or say graceHours 0.`,
    );
  return { ...key, secretSha256: hashOf(secret), rotatedAt: now, former: former.slice(-MAX_FORMER) };
}

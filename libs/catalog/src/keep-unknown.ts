// What a later version wrote and this one does not know survives where this one left its surroundings in place.
import { isDeepStrictEqual } from "node:util";

/** What was read: `raw` as it is stored, `known` what this version's schema made of it. */
export type AsRead = { raw: unknown; known: unknown };

/**
 * @param next what `known` was changed into
 * @returns `next` with the unknown fields of `raw`: those of an object that is still there under its name, and those of a list's
 * entries that did not change. What goes, takes its unknown fields along.
 */
export function keepUnknown({ raw, known }: AsRead, next: unknown): unknown {
  if (isDeepStrictEqual(known, next)) return raw;
  if (Array.isArray(raw) && Array.isArray(known) && Array.isArray(next)) {
    // Entries have no names: one that changed cannot be told from another that took its place.
    return next.map((entry) => {
      const at = known.findIndex((before) => isDeepStrictEqual(before, entry));
      return at === -1 ? entry : raw[at];
    });
  }
  if (!isObject(raw) || !isObject(known) || !isObject(next)) return next;
  const unknown = Object.entries(raw).filter(([name]) => !Object.hasOwn(known, name));
  const kept = Object.entries(next).map(([name, value]) => [
    name,
    keepUnknown({ raw: raw[name], known: known[name] }, value),
  ]);
  return Object.fromEntries([...unknown, ...kept]);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

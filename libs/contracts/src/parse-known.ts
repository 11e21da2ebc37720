// Parses what another version of Ursa may have written: fields that this one does not know are no fault.
import type { z } from "zod";

/** Unknown fields are left out also where the schema is strict, as it is towards callers. @throws ZodError */
export function parseKnown<T>(schema: z.ZodType<T>, raw: unknown): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.filter((issue) => issue.code === "unrecognized_keys");
  if (unknown.length === 0) throw parsed.error;
  const known = structuredClone(raw);
  for (const { path, keys } of unknown) {
    const holder = path.reduce((within, name) => Reflect.get(Object(within), name), known);
    for (const key of keys) Reflect.deleteProperty(Object(holder), key);
  }
  return schema.parse(known);
}

// Values that are allowed but most often slips. Limits refuse what cannot be done; these ask whether it was meant.
import { z } from "zod";

const usualRanges = z.registry<{ low: number; high: number }>();

/** Marks a field's usual range, which its description then ends with. Register last: a changed schema is another one. */
export function usual<Schema extends z.ZodType>(schema: Schema, low: number, high: number): Schema {
  const described = schema.describe(`${schema.description ?? ""} Usual: ${low} to ${high}.`.trim());
  usualRanges.add(described, { low, high });
  return described;
}

export type UnusualValue = { field: string; message: string };

/** The values of `object` outside the usual ranges of its `shape`, not of objects below it. */
export function unusualValues(shape: z.ZodRawShape, object: Record<string, unknown>): UnusualValue[] {
  return Object.entries(shape).flatMap(([field, schema]) => {
    const range = usualRanges.get(schema);
    const value = object[field];
    if (!range || typeof value !== "number" || (value >= range.low && value <= range.high)) return [];
    const side = value > range.high ? "above" : "below";
    const trains = `the range that trains (${range.low} to ${range.high})`;
    const question = `did you mean ${written(value)} on purpose? set \`allowUnusual\``;
    return [{ field, message: `${SHORT[field] ?? field} ${value} is ${side} ${trains}; ${question}` }];
  });
}

/** What people call it. */
const SHORT: Record<string, string> = { learningRate: "lr" };

// The other way to write a small number shows a point that slipped.
const written = (value: number): string => (value !== 0 && value < 1 ? value.toExponential() : String(value));

// A JSON schema as rows of a table: one per field, nested fields with their path (`sources[].class`).
import type { JsonSchema } from "./openapi-document.ts";

export type SchemaRow = { path: string; type: string; isRequired: boolean; note: string };

/** Deeper than any resource; a schema that refers to itself stops here. */
const MAX_DEPTH = 6;
/** All outcomes are listed; all problem codes have a chapter of their own. */
const MAX_LISTED = 24;

/** @returns the fields below `schema`, none for a plain value (its type is `typeOf`) */
export function schemaRows(schema: JsonSchema, above = "", depth = 0): SchemaRow[] {
  if (depth > MAX_DEPTH) return [];
  const variants = listOf(schema.anyOf ?? schema.oneOf);
  if (variants.length > 0) return variantRows(variants, above, depth);
  const items = schemaOf(schema.items);
  if (items) return schemaRows(items, `${above}[]`, depth + 1);
  const required = Array.isArray(schema.required) ? schema.required : [];
  const properties = Object.entries(schemaOf(schema.properties) ?? {});
  const named = properties.flatMap(([name, property]) =>
    fieldRows({
      path: join(above, name),
      isRequired: required.includes(name),
      property: schemaOf(property) ?? {},
      depth,
    }),
  );
  const others = schemaOf(schema.additionalProperties);
  if (!others || Object.keys(others).length === 0) return named;
  return [...named, ...fieldRows({ path: join(above, "*"), isRequired: false, property: others, depth })];
}

type Field = { path: string; isRequired: boolean; property: JsonSchema; depth: number };

function fieldRows({ path, isRequired, property, depth }: Field): SchemaRow[] {
  const row = { path, type: typeOf(property), isRequired, note: noteOf(property) };
  return [row, ...schemaRows(property, path, depth + 1)];
}

/** Fields of alternatives, each marked with which one it belongs to. */
function variantRows(variants: JsonSchema[], above: string, depth: number): SchemaRow[] {
  return variants.flatMap((variant, index) =>
    schemaRows(variant, above, depth + 1).map((row) => ({
      ...row,
      note: [`alternative ${index + 1}`, row.note].filter(Boolean).join("; "),
    })),
  );
}

/** Such as `string`, `integer[]`, `"train" | "valid"`, `object | object`. */
export function typeOf(schema: JsonSchema): string {
  if (typeof schema.$ref === "string") return schema.$ref.split("/").at(-1) ?? "object";
  if ("const" in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum) && schema.enum.length > MAX_LISTED) return `one of ${schema.enum.length} texts`;
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const variants = listOf(schema.anyOf ?? schema.oneOf);
  if (variants.length > 0) return [...new Set(variants.map(typeOf))].join(" | ");
  const tuple = listOf(schema.prefixItems);
  if (tuple.length > 0) return `[${tuple.map(typeOf).join(", ")}]`;
  const items = schemaOf(schema.items);
  if (items) return `${parenthesised(typeOf(items))}[]`;
  return typeof schema.type === "string" ? schema.type : "any";
}

const parenthesised = (type: string) => (type.includes(" | ") ? `(${type})` : type);

const NOTES: Record<string, (value: unknown) => string> = {
  default: (value) => `default ${JSON.stringify(value)}`,
  minimum: (value) => `at least ${value}`,
  exclusiveMinimum: (value) => `above ${value}`,
  maximum: (value) => `at most ${value}`,
  multipleOf: (value) => `a multiple of ${value}`,
  minLength: (value) => `at least ${value} characters`,
  maxLength: (value) => `at most ${value} characters`,
  minItems: (value) => `at least ${value} of them`,
  maxItems: (value) => `at most ${value} of them`,
  format: (value) => String(value),
  description: (value) => String(value),
};

/** Limits and defaults in words; the bounds of JavaScript's own integers say nothing and are left out. */
export function noteOf(schema: JsonSchema): string {
  return Object.entries(NOTES)
    .filter(([key]) => key in schema && Math.abs(Number(schema[key])) !== Number.MAX_SAFE_INTEGER)
    .map(([key, words]) => words(schema[key]))
    .join("; ");
}

const join = (above: string, name: string) => (above ? `${above}.${name}` : name);

const schemaOf = (value: unknown): JsonSchema | undefined =>
  // A JSON schema in its place is an object; `false` and lists are not ones that have fields.
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonSchema) : undefined;

const listOf = (value: unknown): JsonSchema[] =>
  Array.isArray(value) ? value.map(schemaOf).filter((schema) => schema !== undefined) : [];

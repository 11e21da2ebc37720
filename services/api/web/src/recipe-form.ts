// The recipe's form, worked out from the recipe's schema: each field with its kind, default, limits and help, as the API has them.
import { recipeSchema } from "@ursa/contracts/recipe";
import { z } from "zod";

export type Control =
  | { kind: "switch" }
  | { kind: "choice"; options: string[] }
  | { kind: "several"; options: string[] }
  | {
      kind: "number";
      min?: number | undefined;
      max?: number | undefined;
      isWhole: boolean;
      orWord?: string | undefined;
    };
/** `path` is the field's place in the recipe, with dots: stage1.learningRate. */
export type FormField = { path: string; label: string; help: string; control: Control; standard: unknown };
/** What a person changed, by path; text as it was typed. */
export type Changes = Readonly<Record<string, string | boolean | string[]>>;

/** The part of JSON Schema that the recipe's has. */
type Schema = {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  const?: unknown;
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  minimum?: number;
  maximum?: number;
};

// What zod writes is JSON Schema, of which the recipe's uses the keys above.
const SCHEMA = z.toJSONSchema(recipeSchema, { io: "input" }) as Schema;

function fieldsOf({ properties = {} }: Schema, prefix: string): FormField[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = prefix + name;
    if (schema.properties) return fieldsOf(schema, `${path}.`);
    const control = controlOf(schema);
    if (!control) return [];
    return [{ path, label: labelOf(path), help: schema.description ?? "", control, standard: schema.default }];
  });
}

function controlOf(schema: Schema): Control | undefined {
  if (schema.type === "boolean") return { kind: "switch" };
  if (schema.enum) return { kind: "choice", options: schema.enum };
  if (schema.items?.enum) return { kind: "several", options: schema.items.enum };
  const options = schema.anyOf ?? [schema];
  const number = options.find(({ type }) => type === "number" || type === "integer");
  const word = options.find((option) => option.const !== undefined)?.const;
  if (number)
    return {
      kind: "number",
      min: number.minimum,
      max: number.maximum,
      isWhole: number.type === "integer",
      orWord: word === undefined ? undefined : String(word),
    };
  // Weights for single classes are for the API; here a name stands for all of them.
  const words = options.find((option) => option.enum)?.enum;
  return words ? { kind: "choice", options: words } : undefined;
}

const LABELS: Record<string, string> = {
  "stage1.learningRate": "Learning rate",
  "stage2.rates.lower": "Rate of the lowest layers",
  "stage2.rates.upper": "Rate of the head",
  "stage2.trainBn": "Train batch-norms",
  pAffine: "How often turned, zoomed, warped",
  pLighting: "How often brighter or darker",
  allowUnusual: "Unusual values are meant",
};

/** `weightDecay` as people read it. */
function labelOf(path: string): string {
  const name = path.split(".").at(-1) ?? path;
  const text = name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return LABELS[path] ?? text.charAt(0).toUpperCase() + text.slice(1);
}

export const FIELDS: readonly FormField[] = fieldsOf(SCHEMA, "");

/** A recipe's own values, as they stand in the form until they are changed. */
export const baseOf = (recipe: object): Changes =>
  Object.fromEntries(
    FIELDS.flatMap(({ path }): [string, Changes[string]][] => {
      const value = path.split(".").reduce<unknown>((within, name) => Reflect.get(Object(within), name), recipe);
      // Weights for single classes have no control.
      if (value === undefined || (typeof value === "object" && !Array.isArray(value))) return [];
      if (typeof value === "boolean") return [[path, value]];
      return [[path, Array.isArray(value) ? value.map(String) : String(value)]];
    }),
  );

/** What the address of Train says. */
export const changesOf = (query: URLSearchParams): Changes =>
  Object.fromEntries(
    FIELDS.flatMap(({ path, control: { kind } }): [string, Changes[string]][] => {
      const text = query.get(path);
      if (text === null) return [];
      return [[path, kind === "several" ? text.split(",") : kind === "switch" ? text === "true" : text]];
    }),
  );

/** How a default looks in its control. */
export function written(standard: unknown): string {
  if (standard === undefined) return "";
  return Array.isArray(standard) ? standard.join(", ") : String(standard);
}

/** The recipe that a person asks for: only what was changed, so that the API's defaults stay the API's. */
export function recipeOf(changes: Changes, base: Record<string, unknown> = {}): Record<string, unknown> {
  const recipe = structuredClone(base);
  for (const { path, control } of FIELDS) {
    const change = changes[path];
    if (change === undefined || change === "") continue;
    put(recipe, path.split("."), typeof change === "string" && control.kind === "number" ? numberOr(change) : change);
  }
  return recipe;
}

/** What is no number stays text, which the API refuses with the field's own words. */
const numberOr = (text: string): number | string => (Number.isNaN(Number(text)) ? text.trim() : Number(text));

function put(into: Record<string, unknown>, [name = "", ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    into[name] = value;
    return;
  }
  const within = into[name];
  const inner = typeof within === "object" && within !== null ? { ...within } : {};
  put(inner, rest, value);
  into[name] = inner;
}

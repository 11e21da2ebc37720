// Names from outside: what is let in, what is not, and that two names that look alike are one.
import { expect, test } from "vitest";
import {
  aliasNameSchema,
  classNameSchema,
  datasetIdSchema,
  modelIdSchema,
  modelReferenceSchema,
  namespaceSchema,
  uploadNameSchema,
} from "./ids.ts";

const ULID = "01JABCDEFGHJKMNPQRSTVWXYZ0";

test("an id is its kind's prefix and a ULID, nothing around it", () => {
  expect(datasetIdSchema.parse(`ds_${ULID}`)).toBe(`ds_${ULID}`);
  const wrong = [
    `mdl_${ULID}`,
    ULID,
    `ds_${ULID}x`,
    ` ds_${ULID}`,
    `ds_${ULID}\n`,
    `ds_${ULID.toLowerCase()}`,
    "ds_",
    `ds_${"I".repeat(26)}`,
  ];
  for (const id of wrong) expect(datasetIdSchema.safeParse(id).success, JSON.stringify(id)).toBe(false);
  expect(datasetIdSchema.safeParse("x").error?.issues[0]?.message).toBe("expected an id like ds_01J…");
});

test("a model is named by its id or by an alias, and an alias can never be an id", () => {
  expect(modelReferenceSchema.parse(`mdl_${ULID}`)).toBe(`mdl_${ULID}`);
  expect(modelReferenceSchema.parse("bears@production")).toBe("bears@production");
  expect(modelIdSchema.safeParse("bears@production").success).toBe(false);
  const wrong = [
    "bears",
    "@production",
    "bears@",
    "a@b@c",
    "Bears@production",
    "../x@production",
    "bears@pro/duction",
    "-a@b",
  ];
  for (const name of wrong) expect(aliasNameSchema.safeParse(name).success, name).toBe(false);
});

test.each([
  ["upload", uploadNameSchema, ["urls_black.txt", "a", "A-1_b.csv"]],
  ["namespace", namespaceSchema, ["default", "team-7", "0"]],
])("a name that becomes part of a key is plain: %s", (_kind, schema, right) => {
  for (const name of right) expect(schema.parse(name)).toBe(name);
  const wrong = [
    "",
    ".",
    "..",
    ".hidden",
    "a/b",
    "a\\b",
    "a b",
    "a\0",
    "a\n",
    "é",
    "a%2fb",
    "x".repeat(200),
    "-a",
    "../a",
  ];
  for (const name of wrong) expect(schema.safeParse(name).success, JSON.stringify(name)).toBe(false);
});

test("a class may be called anything that can be seen", () => {
  const names = [
    "teddy bear",
    "grizzly/ursus",
    "Bär",
    "熊",
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE",
    "..",
    "a@b",
    "constructor",
  ];
  for (const name of names) expect(classNameSchema.parse(name)).toBe(name.normalize("NFC"));
});

test.each([
  ["nothing", ""],
  ["spaces", " \u00a0\t"],
  ["a line break", "a\nb"],
  ["a NUL", "a\0b"],
  ["a direction override", "bear\u202ecte"],
  ["a zero-width space", "be\u200bar"],
  ["a byte order mark inside", "be\ufeffar"],
  ["a line separator", "a\u2028b"],
  ["half of a pair", "bear\ud83d"],
  ["a Hangul filler", "bear\u3164"],
  ["a blank of Braille", "\u2800"],
  ["a prototype", "__proto__"],
  ["129 characters", "x".repeat(129)],
])("a class name of %s is refused", (_what, name) => {
  expect(classNameSchema.safeParse(name).success).toBe(false);
});

test("names that look alike are one name", () => {
  const parse = (name: string) => classNameSchema.parse(name);
  expect(parse("Ba\u0308r")).toBe(parse("B\u00e4r"));
  expect(parse("teddy\u00a0bear")).toBe(parse("teddy bear"));
  expect(parse("teddy \u2003 bear ")).toBe(parse("teddy bear"));
  for (const name of ["teddy\u00a0bear", "Ba\u0308r"]) expect(parse(parse(name))).toBe(parse(name));
});

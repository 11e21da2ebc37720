// The API for people: complete, escaped, and without a script.
import { openapi } from "@ursa/contracts/openapi";
import { PROBLEMS } from "@ursa/contracts/problem";
import { ROUTES } from "@ursa/contracts/routes";
import { expect, test } from "vitest";
import { docsPage } from "./docs-page.ts";
import { html } from "./html.ts";
import { schemaRows, typeOf } from "./schema-rows.ts";

const page = docsPage(openapi("1.2.3"));
const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);

test("every operation and every problem code has its place, and every link to a place leads there", () => {
  for (const id of Object.keys(ROUTES)) expect(ids).toContain(`op-${id}`);
  for (const code of Object.keys(PROBLEMS)) expect(ids).toContain(code);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
});

test("it runs no script, loads nothing, and is one well-nested document", () => {
  expect(page).not.toMatch(/<script|javascript:|<link|<img|@import|url\(|\son\w+=/i);
  const open: string[] = [];
  for (const [, close, name = ""] of page.matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
    if (["meta"].includes(name)) continue;
    if (close) expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
});

test("an operation shows parameters, body, answer and problems", () => {
  const article = page.split('<article id="op-createDataset">')[1]?.split("</article>")[0] ?? "";
  expect(article).toContain("Idempotency-Key");
  expect(article).toContain("sources[].urls");
  expect(article).toContain("default 0.2; at least 0.01; at most 0.9");
  expect(article).toContain("Answer 202");
  expect(article).toContain('<a href="#list_is_html">');
  const ready = page.split('<article id="op-readyz">')[1]?.split("</article>")[0] ?? "";
  expect(ready).toContain("Answer 503");
});

test("what a document says is text, wherever it stands", () => {
  const evil = `"><script>alert('x')</script>&amp;`;
  const operation = {
    operationId: evil,
    tags: [evil],
    summary: evil,
    description: evil,
    security: [{ [evil]: [evil] }],
    parameters: [{ name: evil, in: evil, required: true, description: evil, schema: { type: evil, enum: [evil] } }],
    requestBody: { content: { [evil]: { schema: { properties: { [evil]: { const: evil, description: evil } } } } } },
    responses: { 200: { description: evil, content: { [evil]: {} } } },
  };
  const hostile = docsPage({
    info: { title: evil, version: evil, description: evil },
    paths: { [evil]: { get: operation } },
  });
  expect(hostile).not.toContain("<script");
  expect(hostile).not.toContain('""');
  expect(hostile).toContain("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;");
});

test("the template escapes values and joins lists; what is HTML already stays", () => {
  expect(html`<p title="${'"'}">${["<", html`<b>${"&"}</b>`, 1, undefined]}</p>`.text).toBe(
    '<p title="&quot;">&lt;<b>&amp;</b>1</p>',
  );
});

test.each([
  [{ type: "string" }, "string"],
  [{ enum: ["a", "b"] }, '"a" | "b"'],
  [{ type: "array", items: { anyOf: [{ type: "string" }, { type: "integer" }] } }, "(string | integer)[]"],
  [{ type: "array", prefixItems: [{ type: "string" }, { type: "number" }] }, "[string, number]"],
  [{ $ref: "#/components/schemas/Problem" }, "Problem"],
  [{ const: true }, "true"],
  [{}, "any"],
])("the type of %j reads %s", (schema, type) => {
  expect(typeOf(schema)).toBe(type);
});

test("a schema that holds itself ends somewhere", () => {
  const schema: Record<string, unknown> = { type: "object" };
  schema.properties = { again: schema };
  expect(schemaRows(schema).at(-1)?.path).toMatch(/^again(\.again)+$/);
});

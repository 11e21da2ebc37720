// That docs/errors.md explains exactly the outcomes there are, in their order.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { OUTCOMES } from "./outcomes.ts";

test("docs/errors.md explains every outcome, and the redirect that ends as bad_scheme", () => {
  const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const [, text = ""] = page.split("## Outcomes");
  const rows = [...text.matchAll(/^\| (`.+`) \| (.+) \|$/gm)];
  const names = rows.flatMap(([, name = ""]) => [...name.matchAll(/\w+/g)].map(String));
  expect(names).toEqual([...OUTCOMES]);
  expect(text).toMatch(/`bad_scheme`.+redirect from `https:` down to `http:`/);
});

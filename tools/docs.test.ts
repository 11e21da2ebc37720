import { expect, test } from "vitest";
import { stalePages } from "./docs.ts";

test("the reference pages are what the code says; `node tools/docs.ts` writes them anew", () => {
  expect(stalePages()).toEqual([]);
});

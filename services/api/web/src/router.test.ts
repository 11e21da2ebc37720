// Addresses behind the #.
import { expect, test } from "vitest";
import { hrefTo, isAt, type Page, placeOf } from "./router.ts";

const view = () => null;
const PAGES: Page[] = [
  { path: "/", title: "Home", view },
  { path: "/datasets/new", title: "New", view },
  { path: "/datasets/{id}", title: "Dataset", view },
];

test.each([
  ["", "Home", {}],
  ["#/", "Home", {}],
  ["#/datasets/new", "New", {}],
  ["#/datasets/ds_1?class=a%26b", "Dataset", { id: "ds_1" }],
  ["#/datasets/a%2Fb", "Dataset", { id: "a/b" }],
  ["#/datasets/100%", "Dataset", { id: "100%" }],
])("%j leads to %s", (hash, title, params) => {
  const place = placeOf(hash, PAGES);
  expect([place?.page.title, place?.params]).toEqual([title, params]);
});

test("an address that no page has leads nowhere", () => {
  expect(placeOf("#/nowhere", PAGES)).toBeUndefined();
  expect(placeOf("#/datasets/a/b", PAGES)).toBeUndefined();
});

test("a link carries what is hostile in a query as text, and leaves out what is not given", () => {
  const hostile = "a&b=c#<script>";
  const place = placeOf(hrefTo("/datasets/ds_1", { class: hostile, split: undefined }), PAGES);
  expect([...(place?.query ?? [])]).toEqual([["class", hostile]]);
});

test("one is at Home with and without its address, and nowhere else", () => {
  for (const hash of ["", "#", "#/", "#/?a=b"]) expect(isAt("/", hash), hash).toBe(true);
  for (const hash of ["#/train", "#/datasets/ds_1?a=/"]) expect(isAt("/", hash), hash).toBe(false);
});

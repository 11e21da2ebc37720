// The one list: what helps most first, every reason in words.
import { expect, test } from "vitest";
import type { InspectedPicture } from "./findings.ts";
import { listWorthALook } from "./worth-a-look.ts";

const fine = { perceptualHash: "0".repeat(16), width: 800, height: 600, sharpness: 900, brightest: 0.95 };
const picture = (key: string, more: Partial<InspectedPicture> = {}): InspectedPicture => ({
  ...{ key, label: 0, split: "train", ...fine },
  ...more,
});
const classes = ["black", "teddy"];
const nothing = { labels: [], pairs: [], offTopic: [] };
const near = (a: number, b: number) => ({ a, b, cosine: 0.95, distance: 2 });

test("wrong labels come before leaks, leaks before copies, and good pictures not at all", () => {
  const pictures = [picture("a"), picture("b", { split: "valid" }), picture("c"), picture("d"), picture("e")];
  const labels = [{ index: 4, looksLike: 1, margin: -0.9, doubt: 0.95 }];
  const list = listWorthALook(pictures, classes, { ...nothing, labels, pairs: [near(0, 1), near(2, 3)] });
  expect(list.map(({ index, reasons }) => [index, reasons[0]?.suspicion])).toEqual([
    [4, "label"],
    [0, "leak"],
    [3, "duplicate"],
  ]);
  expect(list.map(({ reasons }) => reasons[0]?.says)).toEqual([
    "labelled black, looks like teddy: by the other pictures, its label is right with 5 %",
    "nearly the same picture as item b, which is on the valid side: a model that learns from the one knows the other",
    "nearly the same picture as item c",
  ]);
});

test("of a pair the smaller, the trained one or the more doubtful one is told of", () => {
  const pictures = [
    picture("small", { width: 400, height: 300 }),
    picture("large"),
    picture("held", { split: "valid" }),
  ];
  const toldOf = (pair: ReturnType<typeof near>, labels = nothing.labels as never[]) =>
    listWorthALook(pictures, classes, { ...nothing, labels, pairs: [pair] }).map(({ index }) => index);
  expect(toldOf(near(0, 1))).toEqual([0]);
  expect(toldOf(near(1, 2))).toEqual([1]);
  const labels = [{ index: 1, looksLike: 0, margin: -0.2, doubt: 0.6 }];
  const two = [picture("x"), picture("y", { label: 1 })];
  const [only] = listWorthALook(two, classes, { ...nothing, labels, pairs: [near(0, 1)] });
  expect(only?.index).toBe(1);
  expect(only?.reasons.map(({ suspicion, of, looksLike }) => [suspicion, of, looksLike])).toEqual([
    ["conflict", "x", "black"],
    ["label", undefined, "black"],
  ]);
});

test("poor pictures are told why, and a dataset of soft pictures is not blurred", () => {
  const poor = [
    picture("tiny", { width: 90, height: 60 }),
    picture("blurred", { sharpness: 12 }),
    picture("dark", { brightest: 0.2 }),
    picture("long", { width: 2000, height: 500 }),
  ];
  const list = listWorthALook([...poor, ...Array.from({ length: 5 }, (_, i) => picture(`${i}`))], classes, nothing);
  expect(list.map(({ reasons }) => reasons.map(({ suspicion }) => suspicion))).toEqual([
    ["tiny"],
    ["blurry"],
    ["dark"],
    ["odd_aspect"],
  ]);
  for (const { reasons } of list) expect(reasons[0]?.says).toMatch(/\w{4}/);
  const soft = Array.from({ length: 9 }, (_, i) => picture(`${i}`, { sharpness: 30 + i }));
  expect(listWorthALook(soft, classes, nothing)).toEqual([]);
});

import { expect, test } from "vitest";
import { RepeatFinder, resolveRepeats } from "./repeats.ts";

const items = (text: string) =>
  text.split(" ").map((word, index) => ({ index, class: word.slice(0, 1), content: word.slice(1) }));

// A word is a class and a content; the answer is what becomes of each, with the item it repeats.
test.each([
  ["nothing repeats", "a1 a2 b3", "ok ok ok"],
  ["within a class the first stands", "a1 a1 a1", "ok duplicate:0 duplicate:0"],
  ["under two classes none stands", "a1 b1", "label_conflict:1 label_conflict:0"],
  [
    "a repeat of a conflict is one too",
    "a1 a1 b1 b1",
    "label_conflict:2 label_conflict:2 label_conflict:0 label_conflict:0",
  ],
  ["three classes", "a1 b1 c1", "label_conflict:1 label_conflict:0 label_conflict:0"],
  [
    "others are left alone",
    "a1 a2 b1 b2 b3 b3",
    "label_conflict:2 label_conflict:3 label_conflict:0 label_conflict:1 ok duplicate:4",
  ],
])("%s", (_, listed, expected) => {
  const repeats = resolveRepeats(items(listed));
  const shown = items(listed).map(({ index }) => {
    const repeat = repeats.get(index);
    return repeat ? `${repeat.outcome}:${repeat.of}` : "ok";
  });
  expect(shown.join(" ")).toBe(expected);
});

test("what is said of an item while others come is final, but for those that a later one overtakes", () => {
  const listed = items("a1 a1 b2 b3 a3 b1 a4 b3 c1 b4");
  const finder = new RepeatFinder();
  const early = listed.map((item, at) => {
    finder.add(item.class, item.content);
    return finder.repeatOf(at);
  });
  const final = resolveRepeats(listed);
  const changed = listed.flatMap((_, at) =>
    Object.is(JSON.stringify(early[at]), JSON.stringify(final.get(at))) ? [] : [at],
  );
  expect([...finder.overtaken()]).toEqual(changed);
  expect(changed).toEqual([0, 1, 3, 6]);
});

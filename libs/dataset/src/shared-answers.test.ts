// Which pictures of two evaluations are compared, and why others are not.
import { createHash } from "node:crypto";
import type { Item, Split } from "@ursa/contracts/dataset";
import type { EvaluatedItem } from "@ursa/contracts/evaluation";
import { openFolderStore } from "@ursa/store/folder-store";
import { keys } from "@ursa/store/keys";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { type AnsweredDataset, readSharedAnswers } from "./shared-answers.ts";

type Row = {
  picture: string;
  class?: string;
  split?: Split;
  predicted?: string | undefined;
  outcome?: Item["outcome"];
};
const sha256Of = (text: string) => createHash("sha256").update(text).digest("hex");
const owner = (id: string) => ({ namespace: "default", id });

async function seeded() {
  const folder = await createScratchFolder();
  const store = await openFolderStore({ root: folder.path });
  const linesOf = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  /** A manifest of the rows, and an evaluation that said of each what it was; one that says nothing could not read it. */
  async function answered(name: string, rows: Row[], classes = ["black", "teddy"]): Promise<AnsweredDataset> {
    const items = rows.map(
      (row, index): Item => ({
        ...{ index, key: String(index), class: row.class ?? "black", url: `https://pictures.example/${row.picture}` },
        ...{
          source: "list",
          line: index + 1,
          outcome: row.outcome ?? "ok",
          sha256: sha256Of(row.picture),
          split: row.split ?? "valid",
        },
      }),
    );
    const manifest = keys.dataset.manifest(owner(name), 1);
    await store.put(manifest, linesOf(items));
    const answers = items.flatMap(({ key, class: label, url, source, line, split, outcome }, at): EvaluatedItem[] => {
      const predicted = "predicted" in (rows[at] ?? {}) ? rows[at]?.predicted : label;
      const said =
        predicted === undefined ? ({ outcome: "corrupt_image" } as const) : ({ outcome, predicted } as const);
      return outcome === "ok" ? [{ key, class: label, url, source, line, split, ...said }] : [];
    });
    await store.put(keys.evaluation.answers(owner(name), 0), linesOf(answers.slice(0, 2)));
    await store.put(keys.evaluation.answers(owner(name), 1), linesOf(answers.slice(2)));
    return { evaluation: owner(name), manifest, classes };
  }
  return {
    store,
    answered,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test("pictures are the same where their bytes are, under other keys too, and the newer dataset names and labels them", async () => {
  await using place = await seeded();
  const before = await place.answered("old", [{ picture: "x" }, { picture: "a" }, { picture: "b", class: "teddy" }]);
  const after = await place.answered("new", [{ picture: "b", class: "black" }, { picture: "a" }]);
  const found = await readSharedAnswers(place.store, { before, after, newer: "after", split: "valid" });
  expect(found.pictures.map(({ key, class: name, url }) => [key, name, url.at(-1)])).toEqual([
    ["0", "black", "b"],
    ["1", "black", "a"],
  ]);
  expect(found.pictures[0]).toMatchObject({
    before: { class: "teddy", key: "2" },
    after: { class: "black", key: "0" },
  });
  expect(found.notShared).toEqual({ added: 0, removed: 1, otherSide: 0, unknownClass: 0, unread: 0 });
  // The other way round it is the same pictures, and the labels stay the newer ones.
  const back = await readSharedAnswers(place.store, { before: after, after: before, newer: "before", split: "valid" });
  expect(back.pictures[0]).toMatchObject({ key: "0", class: "black", before: { key: "0" }, after: { key: "2" } });
});

test("what is not shared is counted by its reason", async () => {
  await using place = await seeded();
  const before = await place.answered("old", [
    { picture: "shared" },
    { picture: "trained", split: "train" },
    { picture: "gone" },
    { picture: "moved" },
    { picture: "torn", predicted: undefined },
    { picture: "train", split: "train" },
  ]);
  const after = await place.answered("new", [
    { picture: "shared" },
    { picture: "trained" },
    { picture: "gone", outcome: "removed" },
    { picture: "moved", split: "train" },
    { picture: "torn" },
    { picture: "train", split: "train" },
    { picture: "new" },
  ]);
  const asked = { before, after, newer: "after", split: "valid" } as const;
  const { pictures, notShared } = await readSharedAnswers(place.store, asked);
  expect(pictures.map(({ url }) => url)).toEqual(["https://pictures.example/shared"]);
  expect(notShared).toEqual({ added: 1, removed: 1, otherSide: 2, unknownClass: 0, unread: 1 });
  expect(await readSharedAnswers(place.store, { ...asked, split: "test" })).toMatchObject({ pictures: [] });
});

test("a class that one of the models does not know is no mistake of it", async () => {
  await using place = await seeded();
  const before = await place.answered("old", [{ picture: "a" }, { picture: "p" }]);
  const after = await place.answered(
    "new",
    [{ picture: "a" }, { picture: "p", class: "polar" }],
    ["black", "teddy", "polar"],
  );
  const found = await readSharedAnswers(place.store, { before, after, newer: "after", split: "valid" });
  expect([found.pictures.length, found.notShared.unknownClass]).toEqual([1, 1]);
});

test("two stages of one model are read from one manifest", async () => {
  await using place = await seeded();
  const one = await place.answered("one", [{ picture: "a" }, { picture: "b" }, { picture: "c", split: "train" }]);
  const found = await readSharedAnswers(place.store, { before: one, after: one, newer: "before", split: "valid" });
  expect(found.pictures).toHaveLength(2);
  expect(Object.values(found.notShared)).toEqual([0, 0, 0, 0, 0]);
});

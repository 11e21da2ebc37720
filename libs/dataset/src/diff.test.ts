// What a diff tells of two versions, against what was said to make the one of the other.
import type { Edit } from "@ursa/contracts/edits";
import { expect, test } from "vitest";
import { openScratchStore } from "./dataset.fixture.ts";
import { diffManifests } from "./diff.ts";
import { commit, firstVersion, type Version } from "./version.fixture.ts";

const urls = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `https://${name}.example/ok/${name}${n}-${n}`);
const LISTS = { black: [...urls("black", 10), "https://black.example/timeout"], teddy: urls("teddybear", 10) };
const deletion = (key: string): Edit => ({ action: "delete", key });
const ALL = { limit: 1000 };

test("tells who came, who went, who changed class, and nobody else; the other way round it is the opposite", async () => {
  await using store = await openScratchStore();
  const first = await firstVersion(store, LISTS);
  const second = await commit(store, first, [deletion("1"), deletion("2"), { action: "keep", key: "3" }]);
  const third = await commit(store, second, [
    { action: "restore", key: "1" },
    { action: "relabel", key: "4", class: "teddy" },
    { action: "same", key: "5", of: "6" },
  ]);
  const diff = (from: Version, to: Version, page: { limit: number; cursor?: string | undefined } = ALL) =>
    diffManifests(store, { from: from.manifest.key, to: to.manifest.key, ...page });
  const none = { added: 0, removed: 0, relabelled: 0, restored: 0 };

  expect(await diff(first, first)).toEqual({ counts: none, items: [] });
  expect((await diff(first, second)).counts).toEqual({ ...none, removed: 2 });
  const { counts, items } = await diff(second, third);
  expect(counts).toEqual({ ...none, removed: 1, relabelled: 1, restored: 1 });
  expect(items).toMatchObject([
    { key: "1", change: "restored", class: "black", outcome: "ok" },
    { key: "4", change: "relabelled", class: "teddy", was: "black" },
    { key: "5", change: "removed", outcome: "removed", reason: "the same picture as item 6, says a person" },
  ]);
  expect((await diff(third, first)).counts).toEqual({ ...none, relabelled: 1, restored: 2 });

  const whole = await diff(first, third);
  const pages = [];
  for (let cursor: string | undefined = "0"; cursor !== undefined; ) {
    const page: Awaited<ReturnType<typeof diff>> = await diff(first, third, { limit: 2, cursor });
    expect(page.counts).toEqual(whole.counts);
    pages.push(page.items);
    cursor = page.next;
  }
  expect(pages.map(({ length }) => length)).toEqual([2, 1]);
  expect(pages.flat()).toEqual(whole.items);
});

test("of two datasets without a common ancestor all that one has went, and all that the other has came", async () => {
  await using store = await openScratchStore();
  const first = await firstVersion(store, LISTS);
  const other = { ...first, manifest: { ...first.manifest, key: "other" } };
  const text = (await store.get(first.manifest.key)).body.toString().replaceAll(".example/", ".test/");
  await store.put("other", text);
  const { counts } = await diffManifests(store, { from: first.manifest.key, to: other.manifest.key, ...ALL });
  expect(counts).toEqual({ added: 20, removed: 20, relabelled: 0, restored: 0 });
});

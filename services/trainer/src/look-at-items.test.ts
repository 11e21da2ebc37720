// Features are computed once for each content: a version with three edits has three new pictures at most to look at.
import type { FeatureExtractor, FeatureSet } from "@ursa/classifier/features";
import { keepFeatures } from "@ursa/dataset/kept-features";
import type { TrainingItem } from "@ursa/dataset/training-set";
import { openFolderStore } from "@ursa/store/folder-store";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound } from "@ursa/store/object-store";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { lookAtItems } from "./look-at-items.ts";

const [WIDTH, SIZE, BODY] = [3, 2, "b".repeat(64)];
const shaOf = (picture: number) => picture.toString(16).padStart(64, "0");
const item = (index: number, picture: number, label = 0): TrainingItem => ({
  ...{
    index,
    key: String(index),
    class: `class ${label}`,
    label,
    split: "train",
    outcome: "ok",
    sha256: shaOf(picture),
  },
  ...{ url: `https://bears.example/${index}.jpg`, source: "list", line: index + 1, width: 400, height: 300 },
});
const pictureOf = ({ sha256 }: Pick<TrainingItem, "sha256">) => Number.parseInt(sha256, 16);

/** A body whose features are the picture's number, and what was asked of it. */
async function startWorld() {
  const folder = await createScratchFolder();
  const store = await openFolderStore({ root: folder.path });
  const told = { seen: [] as number[], opened: 0, progress: [] as number[] };
  const extractor: FeatureExtractor = {
    async extract({ count, views }: FeatureSet, onBatch, signal) {
      const seen = await Promise.all(Array.from({ length: count }, (_, row) => views(row, signal)));
      onBatch(count);
      const rows = (indices: readonly number[]) =>
        Promise.resolve(Float32Array.from(indices.flatMap((at) => Array(WIDTH).fill((seen[at]?.[0]?.[0] ?? 0) + 0.1))));
      return { count, rows, close: () => Promise.resolve() };
    },
    async [Symbol.asyncDispose]() {},
  };
  const look = (items: readonly TrainingItem[], { lost = [] as number[], body = BODY } = {}) =>
    lookAtItems(items, {
      kept: keepFeatures({ store, namespace: "default", body, width: WIDTH }),
      ...{ width: WIDTH, size: SIZE, signal: new AbortController().signal },
      openExtractor: async () => {
        told.opened += 1;
        return extractor;
      },
      async view(one) {
        if (lost.includes(pictureOf(one))) throw new ObjectNotFound("lost");
        told.seen.push(pictureOf(one));
        return new Uint8Array(SIZE * SIZE * 3).fill(pictureOf(one));
      },
      measure: async (one) => ({ sharpness: pictureOf(one) / 3, brightest: 0.9 }),
      onProgress: ({ done = -1 }) => told.progress.push(done),
    });
  const close = async () => {
    await store.close();
    await folder[Symbol.asyncDispose]();
  };
  const news = () => told.seen.splice(0).sort((a, b) => a - b);
  return { store, look, told, news, [Symbol.asyncDispose]: close };
}
const rowsOf = ({ data }: { data: Float32Array }) => Array.from(data, (value) => Number(value.toFixed(3)));

test("of a version after three edits only the new pictures are computed, and it is told the same as without the first", async () => {
  await using world = await startWorld();
  const first = await world.look([1, 2, 3, 4, 5].map((picture, index) => item(index, picture)));
  expect(world.news()).toEqual([1, 2, 3, 4, 5]);
  expect(rowsOf(first.features)).toEqual([1, 2, 3, 4, 5].flatMap((picture) => Array(WIDTH).fill(picture + 0.1)));
  // Of version 2 one is removed, one has another label, one was added.
  const edited = [item(0, 1), item(2, 3, 1), item(3, 4), item(4, 5), item(5, 9)];
  const second = await world.look(edited);
  expect(world.news()).toEqual([9]);
  expect(world.told.progress.slice(-2)).toEqual([4, 5]);
  expect(rowsOf(second.features)).toEqual([1, 3, 4, 5, 9].flatMap((picture) => Array(WIDTH).fill(picture + 0.1)));
  expect(second.pictures.map(({ key, label, sharpness }) => [key, label, sharpness])).toEqual(
    edited.map(({ key, label, sha256 }) => [key, label, pictureOf({ sha256 }) / 3]),
  );
  expect(await world.look(edited, { body: "c".repeat(64) })).toEqual(second);
  expect(world.news(), "another body knows none of them").toHaveLength(5);
  await world.look(edited);
  expect([world.news(), world.told.opened], "nothing new: no body is loaded").toEqual([[], 3]);
});

test("a picture that cannot be read is left out and tried again; one that was kept badly is computed anew", async () => {
  await using world = await startWorld();
  const items = [1, 2, 3].map((picture, index) => item(index, picture));
  const torn = await world.look(items, { lost: [2] });
  expect(torn.pictures.map(({ key }) => key)).toEqual(["0", "2"]);
  expect(rowsOf(torn.features)).toEqual([1.1, 1.1, 1.1, 3.1, 3.1, 3.1]);
  await world.store.put(keys.features("default", BODY, shaOf(1)), "cut short");
  world.news();
  const whole = await world.look(items);
  expect(world.news()).toEqual([1, 2]);
  expect(rowsOf(whole.features)).toEqual([1.1, 1.1, 1.1, 2.1, 2.1, 2.1, 3.1, 3.1, 3.1]);
});

// What a commit makes of a dataset: the items that were edited change, and nothing else does, whatever happens on the way.
import type { Item } from "@ursa/contracts/dataset";
import type { Edit } from "@ursa/contracts/edits";
import type { ObjectStore } from "@ursa/store/object-store";
import { type SeededRandom, seededRandom } from "@ursa/testing/seeded-random";
import { describe, expect, test } from "vitest";
import { openScratchStore } from "./dataset.fixture.ts";
import { readTrainingSet } from "./training-set.ts";
import { AT, commit, firstVersion, itemsOf, planCommit, runAssemble, type Version } from "./version.fixture.ts";

/** `count` pictures that look different, and two pairs that look alike. */
const pictures = (name: string, count: number) => [
  ...Array.from({ length: count }, (_, n) => `https://e.org/ok/${name}${n}-${name.length}${n}`),
  ...["x", "y"].flatMap((look) => [1, 2].map((n) => `https://e.org/ok/${name}${look}${n}-${name.length}${look}`)),
];
const LISTS = {
  black: [...pictures("black", 16), "https://e.org/http_4xx", "https://e.org/ok/twin-1", "https://f.org/ok/twin-1"],
  grizzly: [...pictures("grizzly", 12), "https://e.org/ok/torn-2", "https://e.org/timeout"],
  teddy: [...pictures("teddybear", 14), "https://g.org/ok/torn-2"],
};

const ACTIONS = ["keep", "delete", "relabel", "restore", "same"] as const;
const byKey = (items: readonly Item[]) => new Map(items.map((item) => [item.key, item]));
const keysOf = (items: readonly Item[], outcome: Item["outcome"]) =>
  items.filter((item) => item.outcome === outcome).map((item) => item.key);

function randomEdits(items: readonly Item[], count: number, random: SeededRandom): Edit[] {
  const takes = items.filter(({ outcome }) => ["ok", "removed", "label_conflict"].includes(outcome));
  const [first, ...rest] = takes;
  if (!first) throw new Error("nothing to edit");
  return Array.from({ length: count }, (): Edit => {
    const { key, outcome } = random.pick([first, ...rest]);
    const other = random.pick([first, ...rest]);
    const action = random.pick(ACTIONS);
    if (action === "relabel") return { action, key, class: random.pick(["black", "grizzly", "teddy"]) };
    if (outcome === "label_conflict" && action === "keep") return { action, key };
    if (outcome !== "ok") return { action: random.pick<"delete" | "restore">(["delete", "restore"]), key };
    if (action !== "same") return { action, key };
    return other.outcome === "ok" && other.key !== key ? { action, key, of: other.key } : { action: "keep", key };
  });
}

/** A store that dies at its n-th call. */
function dyingAt(store: ObjectStore, n: number): ObjectStore {
  let calls = 0;
  return new Proxy(store, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        calls += 1;
        if (calls === n) throw new Error("killed");
        return value.apply(target, given);
      };
    },
  });
}

describe("over random edits of several versions", () => {
  test.each([1, 2, 3, 4, 5])("no item moves, and only what was edited changes (seed %d)", async (seed) => {
    await using store = await openScratchStore();
    const random = seededRandom("edits", seed);
    let version: Version = await firstVersion(store, LISTS);
    /** The side of each item when it was last in use. */
    const sides = new Map<string, string>();
    for (let round = 0; round < 4; round += 1) {
      const before = await itemsOf(store, version);
      const edits = randomEdits(before, 14, random);
      const next = await commit(store, version, edits);
      const after = byKey(await itemsOf(store, next));
      const named = new Set(edits.flatMap((edit) => (edit.action === "same" ? [edit.key, edit.of] : [edit.key])));
      for (const item of before) {
        const now = after.get(item.key);
        if (!named.has(item.key)) expect(now).toEqual(item);
        if (item.outcome === "ok") sides.set(item.key, `${item.split} ${item.rank}`);
        const side = sides.get(item.key);
        if (now?.outcome === "ok" && side) expect(`${now.split} ${now.rank}`).toBe(side);
        expect([item.key, now?.split !== undefined]).toEqual([item.key, now?.outcome === "ok"]);
      }
      expect(after.size).toBe(before.length);
      expect(next).toMatchObject({ state: "ready", version: version.version + 1, listed: version.listed });
      version = next;
    }
  });

  test.each([1, 2, 3])("killed at any call and run again, the manifest is the same (seed %d)", async (seed) => {
    await using store = await openScratchStore();
    const first = await firstVersion(store, LISTS);
    const edits = randomEdits(await itemsOf(store, first), 20, seededRandom("kills", seed));
    const record = await planCommit(store, first, edits);
    const { manifest } = await runAssemble(store, first, record);
    let kills = 0;
    for (let n = 1; ; n += 1) {
      const died = await runAssemble(dyingAt(store, n), first, record, 2 * n).catch((error: Error) => error.message);
      if (died !== "killed") break;
      kills += 1;
      const again = await runAssemble(store, first, record, 2 * n + 1);
      expect(again.manifest.sha256).toBe(manifest.sha256);
    }
    expect(kills).toBeGreaterThanOrEqual(4);
  });

  test("the order in which different items were edited does not matter", async () => {
    await using store = await openScratchStore();
    const first = await firstVersion(store, LISTS);
    const edits = randomEdits(await itemsOf(store, first), 12, seededRandom("order", 1));
    const single = [
      ...new Map(edits.filter(({ action }) => action !== "same").map((edit) => [edit.key, edit])).values(),
    ];
    const forth = await commit(store, first, single);
    const back = await commit(store, first, single.toReversed());
    expect(back.manifest.sha256).toBe(forth.manifest.sha256);
  });
});

test("what a person says stands in the rows: who was looked at, what is out of use and why, and it comes back", async () => {
  await using store = await openScratchStore();
  const first = await firstVersion(store, LISTS);
  const before = byKey(await itemsOf(store, first));
  const second = await commit(store, first, [
    { action: "keep", key: "0" },
    { action: "delete", key: "1" },
    { action: "same", key: "2", of: "3" },
    { action: "relabel", key: "4", class: "teddy" },
  ]);
  const rows = byKey(await itemsOf(store, second));
  expect(second.edits?.counts).toEqual({ keep: 2, delete: 1, same: 1, relabel: 1 });
  expect(rows.get("0")).toEqual({ ...before.get("0"), reviewedAt: AT });
  expect(rows.get("1")).toMatchObject({ outcome: "removed", reason: "removed by a person" });
  expect(rows.get("2")).toMatchObject({ outcome: "removed", of: "3", reason: expect.stringContaining("item 3") });
  expect(rows.get("4")).toEqual({ ...before.get("4"), class: "teddy", reviewedAt: AT });
  expect(second.counts?.outcomes.removed).toBe(2);
  expect(second.counts?.classes[0]?.outcomes.ok).toBe((first.counts?.classes[0]?.outcomes.ok ?? 0) - 3);

  const third = await commit(
    store,
    second,
    ["1", "2"].map((key): Edit => ({ action: "restore", key })),
  );
  const back = byKey(await itemsOf(store, third));
  for (const key of ["1", "2"]) {
    const { split, rank, sha256 } = before.get(key) ?? {};
    expect(back.get(key)).toMatchObject({ outcome: "ok", split, rank, sha256 });
  }
  const trained = await readTrainingSet({ store, manifest: third.manifest.key, classes: third.classes });
  expect(trained.train.length + trained.valid.length).toBe(third.counts?.outcomes.ok);
});

test("of two labels a person chooses one, and the other stays in doubt", async () => {
  await using store = await openScratchStore();
  const first = await firstVersion(store, LISTS);
  const [a = "", b = ""] = keysOf(await itemsOf(store, first), "label_conflict");
  const chosen = await commit(store, first, [{ action: "restore", key: a }]);
  const rows = byKey(await itemsOf(store, chosen));
  expect(rows.get(a)).toMatchObject({ outcome: "ok", split: expect.any(String), class: "grizzly" });
  expect(rows.get(b)).toMatchObject({ outcome: "label_conflict", of: a });
  const left = byKey(await itemsOf(store, await commit(store, first, [{ action: "keep", key: b }])));
  expect(left.get(b)).toEqual({ ...byKey(await itemsOf(store, first)).get(b), reviewedAt: AT });
  // Both at once choose nothing; nor does the other one after the first.
  for (const both of [
    await commit(
      store,
      first,
      [a, b].map((key): Edit => ({ action: "restore", key })),
    ),
    await commit(store, chosen, [{ action: "restore", key: b }]),
  ]) {
    const unsettled = byKey(await itemsOf(store, both)).get(b);
    expect(unsettled).toMatchObject({ outcome: "label_conflict", of: a });
    expect(unsettled).not.toHaveProperty("reviewedAt");
  }
});

describe("classes", () => {
  test("a class whose pictures all get another leaves the dataset, a new one joins it", async () => {
    await using store = await openScratchStore();
    const first = await firstVersion(store, LISTS);
    const items = await itemsOf(store, first);
    const grizzlies = items.filter((item) => item.class === "grizzly" && item.outcome === "ok");
    const brown = grizzlies.map(({ key }): Edit => ({ action: "relabel", key, class: "brown" }));
    const second = await commit(store, first, brown);
    expect(second).toMatchObject({ state: "ready", classes: ["black", "brown", "teddy"], listed: first.listed });
    expect(second.counts?.classes.map(({ outcomes }) => outcomes.ok)).toEqual([21, 16, 18]);
    const sides = (of: readonly Item[]) => of.map(({ key, split, rank }) => ({ key, split, rank }));
    const after = (await itemsOf(store, second)).filter((item) => item.class === "brown");
    expect(sides(after)).toEqual(sides(grizzlies));
  });

  test("a commit that leaves nothing to train on, or to check with, is refused before it is made", async () => {
    await using store = await openScratchStore();
    const first = await firstVersion(store, LISTS);
    const items = (await itemsOf(store, first)).filter(({ outcome }) => outcome === "ok");
    const out = (of: Item[]) => of.map(({ key }): Edit => ({ action: "delete", key }));
    await expect(commit(store, first, out(items.filter((item) => item.class !== "teddy")))).rejects.toThrow(
      expect.objectContaining({ code: "too_few_classes", message: expect.stringContaining("got teddy") }),
    );
    const valid = items.filter((item) => item.class === "teddy" && item.split === "valid");
    await expect(commit(store, first, out(valid))).rejects.toThrow(
      expect.objectContaining({ code: "too_few_pictures" }),
    );
  });
});

test("a run that cuts the ranking at another place moves no item for being in a later version", async () => {
  await using store = await openScratchStore();
  const first = await firstVersion(store, LISTS);
  const trained = async ({ manifest, classes }: Version, validFraction: number) => {
    const set = await readTrainingSet({ store, manifest: manifest.key, classes, validFraction });
    return new Map([...set.train, ...set.valid].map(({ key, split }) => [key, split]));
  };
  const before = await trained(first, 0.5);
  const train = keysOf(
    (await itemsOf(store, first)).filter(({ split }) => split === "train"),
    "ok",
  ).slice(0, 8);
  const second = await commit(
    store,
    first,
    train.map((key): Edit => ({ action: "delete", key })),
  );
  for (const [key, split] of await trained(second, 0.5)) expect([key, split]).toEqual([key, before.get(key)]);
});

// Versions that fetch: what comes is judged against what stands, and what stands never changes for it.
import type { Item } from "@ursa/contracts/dataset";
import { describe, expect, test } from "vitest";
import { openScratchStore, TOLD } from "./dataset.fixture.ts";
import { planRetry } from "./plan-version.ts";
import type { PictureTools } from "./try-row.ts";
import { addLists, commit, fetchVersion, firstVersion, itemsOf, runAssemble } from "./version.fixture.ts";

const pictures = (name: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `https://e.org/ok/${name}${from + n}-${name.length}${from + n}`);
const LISTS = {
  black: [...pictures("black", 0, 20), "https://e.org/timeout", "https://e.org/http_4xx", "nonsense"],
  teddy: [...pictures("teddybear", 0, 20), "https://e.org/ok/torn-1", "https://f.org/ok/torn-1"],
};

/** TOLD, with every fetch noted, and some URLs that have come back. */
function watched(mended: Record<string, string> = {}) {
  const asked: string[] = [];
  const fetcher: PictureTools["fetcher"] = {
    fetch(url, signal) {
      asked.push(url);
      return TOLD.fetcher.fetch(mended[url] ?? url, signal);
    },
  };
  return { asked, tools: { ...TOLD, fetcher } };
}

const shown = ({ outcome, split, of }: Item) => [outcome, split ?? of ?? ""].join(" ").trim();

describe("additions", () => {
  test("fetch only what is new, stand behind what was there, and leave that as it is", async () => {
    await using store = await openScratchStore();
    const first = await firstVersion(store, LISTS);
    const { asked, tools } = watched();
    const more = {
      black: [...pictures("black", 15, 40), "https://e.org/timeout"],
      polar: [...pictures("polar", 0, 12), "https://e.org/ok/black3-53"],
    };
    const { made } = await fetchVersion(store, first, { plan: addLists(more), tools });
    const [before, after] = [await itemsOf(store, first), await itemsOf(store, made)];
    expect(after.slice(0, before.length)).toEqual(before);
    expect(asked.toSorted()).toEqual([...pictures("black", 20, 40), ...pictures("polar", 0, 12)].toSorted());
    expect(made).toMatchObject({ state: "ready", classes: ["black", "polar", "teddy"], listed: before.length + 39 });
    const came = after.slice(before.length);
    expect(came.map(({ key }) => key)).toEqual(came.map((_, n) => String(before.length + n)));
    expect(came.slice(0, 5).map(shown)).toEqual([15, 16, 17, 18, 19].map((n) => `duplicate ${n}`));
    expect(shown(came[25] as Item)).toBe("duplicate 20");
    // Listed under another class than the one it has.
    expect(shown(came.at(-1) as Item)).toBe("label_conflict 3");
    const polar = made.counts?.classes[1];
    expect([polar?.train, polar?.valid]).toEqual([9, 3]);
  });

  test("a new picture joins its look-alikes' side; the same bytes are no second picture, whoever removed the first", async () => {
    await using store = await openScratchStore();
    const first = await firstVersion(store, LISTS);
    const second = await commit(store, first, [{ action: "delete", key: "3" }]);
    const old = await itemsOf(store, second);
    const alike = [0, 1, 2, 3, 4, 5].map((n) => `https://g.org/ok/again${n}-5${n}`);
    const bytes = ["https://g.org/ok/black1-51", "https://g.org/ok/black3-53", "https://g.org/ok/torn-1"];
    const { made } = await fetchVersion(store, second, {
      plan: addLists({ black: [...alike, ...bytes], teddy: ["https://h.org/ok/black2-52"] }),
    });
    const came = (await itemsOf(store, made)).slice(old.length);
    const sides = [0, 1, 2, 3, 4, 5].map((n) => ({
      ...old[n]?.reserved,
      ...(old[n]?.split && { split: old[n].split }),
    }));
    expect(came.slice(0, 6).map(shown)).toEqual(sides.map(({ split }) => `ok ${split}`));
    expect(came.slice(6).map(shown)).toEqual([
      ...["duplicate 1", "duplicate 3"],
      ...[`label_conflict ${old.length - 2}`, "label_conflict 2"],
    ]);
    expect(came[7]?.reason).toContain("which was removed");
  });

  test("one whose list asks for the other side than its look-alike's is a duplicate", async () => {
    await using store = await openScratchStore();
    const first = await firstVersion(store, LISTS);
    const train = (await itemsOf(store, first)).find((item) => item.class === "black" && item.split === "train");
    const look = train?.url.split("-").at(-1);
    const { made } = await fetchVersion(store, first, {
      plan: addLists({ black: [`https://g.org/ok/other-${look}`, "https://g.org/ok/fresh-777"] }, "test"),
    });
    const [torn, fresh] = (await itemsOf(store, made)).slice(-2);
    expect(torn).toMatchObject({ outcome: "duplicate", of: train?.key, reason: expect.stringContaining("both sides") });
    expect(fresh).toMatchObject({ outcome: "ok", split: "test" });
  });

  test("of many, about the asked fraction checks; assembled again, or by another worker, they stand the same", async () => {
    await using store = await openScratchStore();
    const first = await firstVersion(store, LISTS);
    const { record, made } = await fetchVersion(store, first, {
      plan: addLists({ black: pictures("black", 20, 320) }),
    });
    const came = (await itemsOf(store, made)).slice(first.listed);
    const valid = came.filter(({ split }) => split === "valid");
    expect(valid.length / came.length).toBeCloseTo(0.2, 1);
    for (const { rank = 1 } of valid) expect(rank).toBeLessThan(0.2);
    expect((await runAssemble(store, first, record, 2)).manifest.sha256).toBe(made.manifest.sha256);
  });

  test("of which nothing is new are refused, and a new class that cannot be trained on", async () => {
    await using store = await openScratchStore();
    const first = await firstVersion(store, LISTS);
    const add = (lists: Record<string, string[]>) => fetchVersion(store, first, { plan: addLists(lists) });
    await expect(add({ black: pictures("black", 0, 3) })).rejects.toMatchObject({ code: "nothing_to_fetch" });
    await expect(add({ polar: pictures("polar", 0, 1) })).rejects.toMatchObject({ code: "too_few_pictures" });
  });
});

describe("a retry", () => {
  const marked = async (store: Parameters<typeof firstVersion>[0]) => {
    const first = await firstVersion(store, LISTS);
    const test = addLists({ black: ["https://e.org/http_5xx", "https://e.org/ok/t-901"] }, "test");
    return (await fetchVersion(store, first, { plan: test })).made;
  };

  test("fetches what failed and nothing else, in its place and on the side its list asked for", async () => {
    await using store = await openScratchStore();
    const second = await marked(store);
    const { asked, tools } = watched({
      "https://e.org/timeout": "https://e.org/ok/late-900",
      "https://e.org/http_5xx": "https://e.org/ok/later-902",
    });
    const { made } = await fetchVersion(store, second, { plan: planRetry, tools });
    expect(asked.toSorted()).toEqual(["https://e.org/http_4xx", "https://e.org/http_5xx", "https://e.org/timeout"]);
    const [before, after] = [await itemsOf(store, second), await itemsOf(store, made)];
    const changed = after.filter((item, n) => JSON.stringify(item) !== JSON.stringify(before[n]));
    expect(changed.map(({ key, outcome }) => `${key} ${outcome}`)).toEqual(["20 ok", "45 ok"]);
    expect(after[45]).toMatchObject({ split: "test", url: "https://e.org/http_5xx", source: "black", line: 1 });
    expect(made).toMatchObject({ state: "ready", listed: second.listed, planned: 3, version: 3 });
  });

  test("of what failed only as a list that cannot be fetched is refused", async () => {
    await using store = await openScratchStore();
    const lists = { black: [...pictures("black", 0, 5), "nonsense"], teddy: pictures("teddybear", 0, 5) };
    const first = await firstVersion(store, lists);
    await expect(fetchVersion(store, first, { plan: planRetry })).rejects.toMatchObject({ code: "nothing_to_fetch" });
  });

  test("mends a dataset that failed because too much of it could not be fetched", async () => {
    await using store = await openScratchStore();
    const gone = [1, 2, 3, 4, 5, 6].map((n) => `https://e.org/timeout/${n}`);
    const first = await firstVersion(store, { black: [...pictures("black", 0, 5), ...gone], teddy: LISTS.teddy });
    expect(first.state).toBe("failed");
    const back = Object.fromEntries(gone.map((url, n) => [url, `https://e.org/ok/back${n}-80${n}`]));
    const { made } = await fetchVersion(store, first, { plan: planRetry, tools: watched(back).tools });
    expect(made.state).toBe("ready");
    expect(made.counts?.outcomes.timeout).toBeUndefined();
  });
});

test("a class that left the dataset comes back with a picture that is restored", async () => {
  await using store = await openScratchStore();
  const lists = { ...LISTS, polar: pictures("polar", 0, 4) };
  const first = await firstVersion(store, lists);
  const polar = (await itemsOf(store, first)).filter((item) => item.class === "polar");
  const second = await commit(
    store,
    first,
    polar.map(({ key }) => ({ action: "delete" as const, key })),
  );
  expect(second.classes).toEqual(["black", "teddy"]);
  const third = await commit(
    store,
    second,
    polar.map(({ key }) => ({ action: "restore" as const, key })),
  );
  expect(third).toMatchObject({ state: "ready", classes: ["black", "polar", "teddy"] });
});

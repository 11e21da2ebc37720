import { reconcile } from "@ursa/catalog/reconciler";
import type { CreateDataset } from "@ursa/contracts/dataset";
import type { Producer } from "@ursa/queue/producer";
import { keys } from "@ursa/store/keys";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, urls, type World } from "./api-world.fixture.ts";

let world: World;
let isEnqueueBroken = false;
let enqueued = 0;

beforeAll(async () => {
  world = await startWorld({ producer: breakable });
});
afterAll(() => world?.[Symbol.asyncDispose]());

function breakable(real: Producer): Producer {
  const enqueueDataset: Producer["enqueueDataset"] = async (record) => {
    if (isEnqueueBroken) throw new Error("killed between record and job");
    enqueued += 1;
    await real.enqueueDataset(record);
  };
  return { ...real, enqueueDataset };
}

const upload = (name: string, lines: string[]) =>
  world.client.call("putUpload", { params: { name }, body: lines.join("\n") });
const create = (body: Parameters<World["client"]["call"]>[1] & { body: unknown }) =>
  world.client.call("createDataset", body as { body: CreateDataset }); // The tests also send what is refused.
const pair = (tag: string) => [
  { class: "black", urls: urls(`black-${tag}`, 3) },
  { class: "teddy", urls: urls(`teddy-${tag}`, 3) },
];
const planOf = async (owner: { namespace: string; id: string }) => {
  const { body } = await world.store.get(keys.dataset.plan(owner, 0));
  const lines = body.toString().trim().split("\n");
  return lines.map((line): Record<string, unknown> => JSON.parse(line));
};

describe("a dataset is created", () => {
  test("from uploads, whose names say the class", async () => {
    await upload("urls_black.txt", urls("black", 3));
    await upload("urls_teddy.txt", urls("teddy", 4));
    const sources = [{ upload: "urls_teddy.txt" }, { upload: "urls_black.txt" }];
    const made = await create({ body: { sources } });
    expect(made).toMatchObject({ classes: ["black", "teddy"], listed: 7, shards: 1, state: "queued", enqueued: 1 });
    expect(await world.client.call("getDataset", { params: { id: made.id } })).toEqual(made);
    expect(await world.producer.isQueued("dataset", made)).toBe(true);
    expect((await planOf(made))[6]).toMatchObject({ class: "black", source: "urls_black.txt", line: 3, key: "6" });
  });

  test("from inline URLs, with an upload beside them", async () => {
    await upload("more.txt", urls("teddy", 2));
    const sources = [
      { class: "black", urls: urls("black", 2) },
      { class: "teddy", upload: "more.txt" },
    ];
    expect(await create({ body: { sources } })).toMatchObject({ classes: ["black", "teddy"], listed: 4 });
  });

  test("with one row for each inline URL, whatever stands there", async () => {
    const odd = [
      "url,label",
      "",
      "# hi",
      "<html>",
      "https://a.example/1\nhttps://b.example/2",
      " https://c.example/3\n",
    ];
    const sources = [{ class: "odd", urls: [...odd, ...urls("odd", 2)] }, ...pair("odd")];
    const made = await create({ body: { sources } });
    expect(made.listed).toBe(odd.length + 8);
    const rows = (await planOf(made)).slice(0, odd.length + 2);
    expect(rows.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(rows.map(({ outcome }) => outcome)).toEqual([...Array(5).fill("bad_scheme"), ...Array(3).fill(undefined)]);
    expect(rows[4]?.url).toBe(JSON.stringify(odd[4]));
    expect(rows[5]?.url).toBe("https://c.example/3");
  });

  test("from one CSV with a label and a split column", async () => {
    const rows = ["black,train", "black,valid", "teddy,train", "teddy,valid", "teddy,test"];
    const lines = rows.map((row, n) => `https://pictures.example/${n}.jpg,${row}`);
    await upload("bears.csv", ["url,label,split", ...lines]);
    const made = await create({ body: { sources: [{ upload: "bears.csv" }] } });
    expect(made).toMatchObject({ classes: ["black", "teddy"], listed: 5 });
    expect((await planOf(made)).map(({ split }) => split)).toEqual(["train", "valid", "train", "valid", "test"]);
  });

  test("from explicit train, valid and test lists", async () => {
    const sources = ["black", "teddy"].flatMap((name) =>
      (["train", "valid", "test"] as const).map((split) => ({ class: name, split, urls: urls(`${name}-${split}`, 2) })),
    );
    const plan = await planOf(await create({ body: { sources } }));
    expect(plan).toHaveLength(12);
    expect(plan.every(({ url, split }) => String(url).includes(`-${split}`))).toBe(true);
  });

  test("with the options of the request, and defaults for the others", async () => {
    const made = await create({ body: { sources: pair("options"), options: { maxImages: 2 } } });
    expect(made.options).toEqual({ maxImages: 2, validFraction: 0.2, splitSeed: 42, maxFailedFraction: 0.5 });
    expect((await planOf(made)).filter(({ outcome }) => outcome === "skipped")).toHaveLength(2);
  });
});

describe("a long list", () => {
  const waiting = async () => (await world.producer.counts()).fetch.prioritized;

  test("is begun while it is read: its first shards are jobs of their own, and then children of the flow", async () => {
    await upload("long_black.txt", urls("long-black", 5000));
    await upload("long_teddy.txt", urls("long-teddy", 5000));
    const before = await waiting();
    const sources = [
      { class: "black", upload: "long_black.txt" },
      { class: "teddy", upload: "long_teddy.txt" },
    ];
    const made = await create({ body: { sources } });
    expect(made).toMatchObject({ state: "queued", listed: 10_000, shards: 40 });
    const versionOf = async (shard: number) =>
      JSON.parse((await world.connection.redis.hget(`bull:fetch:${made.id}-1-fetch-${shard}`, "data")) ?? "{}").v;
    expect([await versionOf(0), await versionOf(1), await versionOf(2)]).toEqual([4, 4, 1]);
    expect(Number(await waiting()) - Number(before)).toBe(40);
  });

  test("that is refused at its end leaves no job", async () => {
    const before = await waiting();
    const refusal = await refusalOf(create({ body: { sources: [{ class: "black", upload: "long_black.txt" }] } }));
    expect(refusal).toMatchObject({ code: "too_few_classes" });
    expect(await waiting()).toBe(before);
  });
});

describe("what cannot become a dataset is refused, with the list's name and the remedy", () => {
  const two = (upload: string) => [
    { class: "black", urls: urls("black", 2) },
    { class: "teddy", upload },
  ];
  const stored = (name: string, text: string) => world.store.put(keys.upload("default", name), text);

  test.each([
    { code: "list_is_html", says: /page\.txt.*web page.*one per line/, list: "<!doctype html><html></html>" },
    { code: "list_is_empty", says: /page\.txt has no URLs.*one per line/, list: "\n# nothing\n" },
    { code: "invalid_request", says: /page\.txt is not text/, list: "a\0b\n" },
  ])("$code", async ({ code, says, list }) => {
    // An upload that an earlier version took.
    await stored("page.txt", list);
    const before = await keysUnder(world);
    const refusal = await refusalOf(create({ body: { sources: two("page.txt") } }));
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(says), status: 422 });
    expect(await keysUnder(world)).toEqual(before);
  });

  test("upload_not_found", async () => {
    const refusal = await refusalOf(create({ body: { sources: two("nowhere.txt") } }));
    expect(refusal).toMatchObject({ code: "upload_not_found", status: 404 });
    expect(refusal.message).toMatch(/nowhere\.txt.*PUT it to \/v1\/uploads\/nowhere\.txt/);
  });

  test("too_few_classes", async () => {
    const refusal = await refusalOf(create({ body: { sources: [{ class: "black", urls: urls("black", 9) }] } }));
    expect(refusal).toMatchObject({ code: "too_few_classes", message: expect.stringContaining('["black"]') });
  });

  test("too_few_pictures", async () => {
    const sources = [
      { class: "black", urls: urls("black", 9) },
      { class: "teddy", urls: [...urls("teddy", 1), ...urls("teddy", 1), "not a URL"] },
    ];
    const refusal = await refusalOf(create({ body: { sources } }));
    expect(refusal).toMatchObject({ code: "too_few_pictures", message: expect.stringContaining('"teddy"') });
  });

  test("fields that do not exist, by their path", async () => {
    const refusal = await refusalOf(create({ body: { sources: pair("typo"), option: {} } }));
    expect(refusal).toMatchObject({ code: "invalid_request", extra: { errors: [{ path: "option" }] } });
  });

  test("a refused list leaves no other list open", async () => {
    const names = Array.from({ length: 40 }, (_, n) => `open-${n}.txt`);
    await Promise.all(names.map((name) => stored(name, `${urls(name, 6000).join("\n")}\n`)));
    await stored("page.txt", "<html>");
    const before = await openFiles();
    const sources = ["page.txt", ...names].map((upload) => ({ upload }));
    for (let round = 0; round < 3; round += 1) await refusalOf(create({ body: { sources } }));
    expect((await openFiles()) - before).toBeLessThan(20);
  });
});

async function openFiles(): Promise<number> {
  const { readdir } = await import("node:fs/promises");
  // Elsewhere than on Linux this story proves less.
  return (await readdir("/proc/self/fd").catch(() => [])).length;
}

describe("a record that was written gets its job", () => {
  test("also when the process dies in between: 202, and the reconciler enqueues", async () => {
    isEnqueueBroken = true;
    const made = await create({ body: { sources: pair("killed") } });
    isEnqueueBroken = false;
    expect(made).toMatchObject({ state: "queued", enqueued: 1 });
    expect(await world.producer.isQueued("dataset", made)).toBe(false);
    const warned = world.logs.filter(({ id }) => id === made.id);
    expect(warned).toMatchObject([{ level: "warn", msg: expect.stringContaining("left to the reconciler") }]);
    const { catalog, producer, log } = world;
    const signal = new AbortController().signal;
    expect(await reconcile({ catalog, producer, log, signal, graceMs: 0 })).toEqual([made.id]);
    const again = await world.client.call("getDataset", { params: { id: made.id } });
    expect(again).toMatchObject({ state: "queued", enqueued: 2 });
    expect(await world.producer.isQueued("dataset", again)).toBe(true);
  });
});

describe("Idempotency-Key", () => {
  const under = (key: string) => ({ headers: { "idempotency-key": key } });
  const records = () => keysUnder(world, keys.records("default", "datasets"));

  test("the same key and body answer the same record, and enqueue it once", async () => {
    const body = { sources: pair("same") };
    const [before, jobs] = [(await records()).length, enqueued];
    const first = await create({ body, ...under("one") });
    expect(await create({ body, ...under("one") })).toEqual(first);
    expect(enqueued - jobs).toBe(1);
    expect((await records()).length - before).toBe(1);
  });

  test("another body under the same key is refused", async () => {
    await create({ body: { sources: pair("first") }, ...under("two") });
    const refusal = await refusalOf(create({ body: { sources: pair("second") }, ...under("two") }));
    expect(refusal).toMatchObject({ code: "idempotency_conflict", status: 422 });
    expect(refusal.message).toContain("new key");
  });

  test("twenty at once make one record", async () => {
    const body = { sources: pair("at once") };
    const before = (await records()).length;
    const all = await Promise.all(Array.from({ length: 20 }, () => create({ body, ...under("three") })));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect((await records()).length - before).toBe(1);
  });

  test("a request that died before its answer goes on with its record, and leaves the plan that workers read", async () => {
    await upload("changing.txt", urls("teddy", 3));
    const body = {
      sources: [
        { class: "black", urls: urls("black", 3) },
        { upload: "changing.txt", class: "teddy" },
      ],
    };
    const made = await create({ body, ...under("four") });
    const plan = await planOf(made);
    // As if it had died after the record was written, and the list was replaced since.
    const place = keys.idempotency("default", "create dataset", "four");
    const { answer, ...reserved } = JSON.parse((await world.store.get(place)).body.toString());
    expect(answer).toEqual(made);
    await world.store.put(place, JSON.stringify(reserved));
    await upload("changing.txt", urls("other", 50));
    expect(await create({ body, ...under("four") })).toEqual(made);
    expect(await planOf(made)).toEqual(plan);
  });

  test("a request that was refused may be repeated once its cause is mended", async () => {
    const body = {
      sources: [
        { class: "black", urls: urls("black", 3) },
        { upload: "late.txt", class: "teddy" },
      ],
    };
    expect(await refusalOf(create({ body, ...under("five") }))).toMatchObject({ code: "upload_not_found" });
    await upload("late.txt", urls("teddy", 3));
    expect(await create({ body, ...under("five") })).toMatchObject({ listed: 6 });
  });

  test("an empty key is refused rather than shared by everyone who sends one", async () => {
    expect(await refusalOf(create({ body: { sources: pair("empty") }, ...under("") }))).toMatchObject({
      code: "invalid_request",
    });
  });
});

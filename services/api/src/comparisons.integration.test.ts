// Comparing two models over the API: which pictures, by whose labels, what is made for it, and what is refused.
import type { Dataset, Item } from "@ursa/contracts/dataset";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { seedAnswered } from "./seed-answers.fixture.ts";
import { COUNTS, seedDataset, seedInspection, seedModel, sha256Of } from "./seed-records.fixture.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** Twenty pictures to validate on and ten to train on, of two classes in turn. */
const ITEMS = Array.from({ length: 30 }, (_, index): Item => {
  const place = { url: `https://pictures.example/${index}.jpg`, source: "list.txt", line: index + 1 } as const;
  const name = index % 2 ? "teddy" : "black";
  return {
    ...{ index, key: String(index), class: name, ...place, outcome: "ok", sha256: sha256Of(`picture ${index}`) },
    split: index < 20 ? "valid" : "train",
  };
});
const mistakes = (...items: number[]) => Object.fromEntries(items.map((n) => [String(n), n % 2 ? "black" : "teddy"]));
const compare = async (after: string, before: string, more = {}) => {
  const { result } = await world.client.call("getComparison", {
    params: { id: after },
    query: { with: before, ...more },
  });
  if (!result) throw new Error("both are ready, and there is no result");
  return result;
};

test("a model that mends eight and breaks one is better beyond chance; what it said of its training pictures does not count", async () => {
  const dataset = await seedDataset(world, { items: ITEMS });
  const before = await seedAnswered(world, dataset, mistakes(0, 1, 2, 3, 4, 5, 6, 7, 21, 22));
  const after = await seedAnswered(world, dataset, mistakes(19, 23));
  const result = await compare(after.id, before.id);
  expect(result).toMatchObject({
    ...{
      split: "valid",
      shared: 20,
      relabelled: 0,
      classes: ["black", "teddy"],
      dataset: { id: dataset.id, version: 1 },
    },
    ...{
      before: { model: before.id, wrong: 8, errorRate: 0.4 },
      after: { model: after.id, wrong: 1, errorRate: 0.05 },
    },
    ...{ mended: { count: 8 }, broken: { count: 1, items: [{ key: "19", class: "teddy" }] }, verdict: "better" },
    ...{
      pValue: expect.closeTo(20 / 512, 10),
      confusionChange: [
        [4, -4],
        [-3, 3],
      ],
    },
    notShared: { added: 0, removed: 0, otherSide: 0, unread: 0 },
  });
  expect(await compare(before.id, after.id)).toMatchObject({ verdict: "worse", mended: { count: 1 } });
});

test("across versions the newer one's labels and pictures count, whichever model comes first", async () => {
  const old = await seedDataset(world, { items: ITEMS });
  const items = ITEMS.map((item, n): Item => {
    if (n === 0) return { ...item, class: "teddy" };
    return n === 1 ? { ...item, outcome: "removed" } : item;
  });
  const added: Item = { ...(ITEMS[2] as Item), index: 30, key: "30", sha256: sha256Of("picture 30") };
  const next: Dataset = await seedDataset(world, { version: 2, items: [...items, added] });
  const before = await seedAnswered(world, old);
  const after = await seedAnswered(world, next);
  const result = await compare(after.id, before.id);
  expect(result).toMatchObject({
    ...{ shared: 19, relabelled: 1, dataset: { id: next.id, version: 2 }, notShared: { added: 1, removed: 1 } },
    ...{ before: { wrong: 1 }, after: { wrong: 0 }, mended: { count: 1, items: [{ key: "0", class: "teddy" }] } },
  });
  expect(await compare(before.id, after.id)).toMatchObject({ dataset: { version: 2 }, broken: { count: 1 } });
});

test("of datasets that are no kin the one made later counts, whatever their versions are", async () => {
  const cleaned = await seedDataset(world, { version: 3, items: ITEMS.map((item) => ({ ...item, class: "teddy" })) });
  const later = await seedDataset(world, { items: ITEMS });
  const [before, after] = [await seedAnswered(world, cleaned), await seedAnswered(world, later)];
  expect(await compare(after.id, before.id)).toMatchObject({ dataset: { id: later.id, version: 1 } });
});

test("an alias and a stage name what it is compared with", async () => {
  const dataset = await seedDataset(world, { items: ITEMS });
  const [before, after] = [await seedAnswered(world, dataset), await seedAnswered(world, dataset)];
  await world.aliases.put("default", "bears@production", { model: before.id });
  await world.aliases.put("default", "mdl_bears@production", { model: before.id });
  expect(await compare(after.id, "mdl_bears@production")).toMatchObject({ before: { model: before.id } });
  expect(await compare(after.id, "bears@production")).toMatchObject({ before: { model: before.id, stage: "stage-1" } });
  expect(await compare(after.id, `${before.id}@stage-1`, { stage: "stage-1" })).toMatchObject({ shared: 20 });
  const refused = await refusalOf(compare(after.id, `${before.id}@stage-2`));
  expect([refused.code, refused.message]).toEqual([
    "model_not_ready",
    expect.stringContaining("its latest is stage-1"),
  ]);
});

test("what was never interpreted is not found, with what to do; a POST has it made, of both", async () => {
  const dataset = await seedDataset(world, { items: ITEMS, counts: COUNTS });
  const of = { dataset: { id: dataset.id, version: 1, manifestSha256: dataset.manifest?.sha256 ?? "" } };
  const [before, after] = [await seedModel(world, of), await seedAnswered(world, dataset)];
  const refused = await refusalOf(compare(after.id, before.id));
  expect([refused.code, refused.message]).toEqual([
    "not_found",
    expect.stringContaining(`ursa model interpret ${before.id}`),
  ]);
  const made = await world.client.call("createComparison", { params: { id: after.id }, body: { with: before.id } });
  expect(made).toMatchObject({ before: { model: before.id, state: "queued" }, after: { state: "ready" } });
  expect(await world.producer.isQueued("evaluation", made.before)).toBe(true);
});

test("models without a picture in common are refused", async () => {
  const one = await seedDataset(world, { items: ITEMS.slice(0, 10) });
  const rest = await seedDataset(world, { items: ITEMS.slice(10) });
  const [before, after] = [await seedAnswered(world, one), await seedAnswered(world, rest)];
  const refused = await refusalOf(compare(after.id, before.id));
  expect([refused.code, refused.extra.notShared]).toMatchObject(["nothing_in_common", { added: 10, removed: 10 }]);
  expect((await refusalOf(compare(after.id, before.id, { split: "test" }))).code).toBe("nothing_in_common");
});

test("models are listed by error, page after page, and those without one last", async () => {
  await using fresh = await startWorld();
  const rated = (errorRate: number) =>
    seedModel(fresh, { stages: [{ name: "stage-1", errorRate, validLoss: 1, seconds: 1 }] });
  const [worse, better] = [await rated(0.2), await rated(0.1)];
  const { id: young } = await seedModel(fresh, { state: "queued" });
  const list = (query: object) => fresh.client.call("listModels", { query: { order: "error", ...query } });
  expect((await list({})).items.map(({ id }) => id)).toEqual([better.id, worse.id, young]);
  const page = await list({ limit: 2 });
  expect(page).toMatchObject({ items: [{ id: better.id }, { id: worse.id }], next: "2" });
  expect(await list({ limit: 2, cursor: "2" })).toEqual({ items: [expect.objectContaining({ id: young })] });
  expect((await list({ state: "ready" })).items).toHaveLength(2);
  expect((await refusalOf(list({ cursor: "x" }))).code).toBe("invalid_request");
  const { items } = await fresh.client.call("getJournal", { query: { order: "error" } });
  expect(items.map(({ model }) => model)).toEqual([better.id, worse.id, young]);
});

test("an inspection of the model's pictures lets leakage and wrong labels be judged", async () => {
  const dataset = await seedDataset(world, { items: ITEMS });
  const model = await seedAnswered(world, dataset);
  const judged = async () => world.client.call("getDiagnosis", { params: { id: model.id } });
  const lacking = (await judged()).notJudged.filter(({ command }) => command === `ursa clean ${dataset.id}`);
  expect(lacking.map(({ code }) => code)).toEqual(["leakage", "label_noise"]);
  const found = {
    nearDuplicates: [
      ["0", "22"],
      ["1", "22"],
      ["2", "4"],
    ].map(([a = "", b = ""]) => ({ a, b, cosine: 0.99, distance: 1 })),
    directionalNoise: [{ actual: "black", given: "teddy", count: 9, of: 15, pValue: 1e-5 }],
    ...{ count: 30, suspicions: { label: 12 } },
  };
  // Of the same pictures: another dataset's says nothing.
  await seedInspection(world, { found });
  expect((await judged()).notJudged).toEqual(expect.arrayContaining(lacking));
  await seedInspection(world, { dataset: model.dataset, found });
  const { findings, notJudged } = await judged();
  expect(notJudged.map(({ code }) => code)).not.toContain("leakage");
  expect(findings).toMatchObject([
    { code: "leakage", evidence: { near: 1 }, change: { command: `ursa clean ${dataset.id} --reason leak` } },
    { code: "label_noise", evidence: { suspects: 12, pictures: 30, pairCount: 9 } },
  ]);
});

// A model from elsewhere, over HTTP: taken once, served like any other, or refused before anything is kept.
import { EXPORTED_ID, EXPORTED_SIZE, exportedModel } from "@ursa/classifier/exchange/exported-model.fixture";
import { writeZip } from "@ursa/classifier/exchange/zip";
import type { ModelCard } from "@ursa/classifier/model-card";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { keysUnder, refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { seedDataset, sha256Of } from "./seed-records.fixture.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: World;
let archive: Buffer;
let sha256s: string[];
beforeAll(async () => {
  world = await startWorld();
  const files = await exportedModel(["black", "teddy"]);
  sha256s = files.map(({ sha256 }) => sha256).sort();
  archive = Buffer.concat(writeZip(files));
});
afterAll(() => world?.[Symbol.asyncDispose]());

const send = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  world.client.call("importModel", { query: { name: "from elsewhere" }, body, headers });

test("it is ready at once, keeps its files bit by bit and its lineage, and can be named by an alias", async () => {
  const model = await send(new Uint8Array(archive));
  expect(model).toMatchObject({
    ...{ state: "ready", name: "from elsewhere", classes: ["black", "teddy"] },
    imported: { model: EXPORTED_ID, stage: "stage-1", archiveSha256: sha256Of(archive) },
    recipe: {
      backbone: "efficientnet_lite0",
      size: EXPORTED_SIZE,
      phases: ["stage-1"],
      stage1: { epochs: 3, batchSize: 8 },
    },
    stages: [{ name: "stage-1", errorRate: 0.25 }],
  });
  expect(model.id).not.toBe(EXPORTED_ID);
  expect(model.artifacts.map(({ sha256 }) => sha256).sort()).toEqual(sha256s);
  for (const { key, sha256 } of model.artifacts) expect(sha256Of((await world.store.get(key)).body)).toBe(sha256);
  const alias = await world.client.call("putAlias", { params: { name: "bears@test" }, body: { model: model.id } });
  expect(alias.model).toBe(model.id);
});

/** The export with another model.json; the other two are as they were. */
async function archiveOf(change: (card: ModelCard) => object): Promise<Uint8Array<ArrayBuffer>> {
  const files = (await exportedModel(["black", "teddy"])).map(({ name, bytes }) => ({
    name,
    bytes:
      name === "model.json" ? Buffer.from(JSON.stringify(change(JSON.parse(Buffer.from(bytes).toString())))) : bytes,
  }));
  return new Uint8Array(Buffer.concat(writeZip(files)));
}

test("its record has what model.json says of the run, and its own dataset is cut as the run cut it", async () => {
  const counts = { listed: 10, outcomes: {}, validFraction: 0.2, train: 8, valid: 2, test: 0 };
  const classes = ["black", "teddy"].map((name) => ({ class: name, ...counts }));
  const { id, manifest } = await seedDataset(world, { counts: { outcomes: {}, classes } });
  const dataset = { id, version: 1, manifestSha256: manifest?.sha256 ?? "" };
  const from = { model: EXPORTED_ID, stage: "stage-1", sha256: "1".repeat(64) };
  const said = { notes: ["stage-1 trains with 4 pictures per step."], engines: ["native", "compiled"], from };
  const model = await send(
    await archiveOf((card) => ({ ...card, ...said, dataset: { ...dataset, validFraction: 0.5 } })),
  );
  expect(model).toMatchObject({
    ...{ dataset, notes: said.notes, recipe: { validFraction: 0.5 } },
    ...{ imported: { from }, stages: [{ engines: said.engines }] },
  });
  const body = { model: model.id, dataset: id };
  expect(await world.client.call("createEvaluation", { body })).toMatchObject({ split: "valid", validFraction: 0.5 });
});

const from = { model: EXPORTED_ID, stage: "stage-1", sha256: "1".repeat(64) };
test.each([
  [
    "what the run did until the stage that came",
    { stage: "stage-1", phases: ["stage-1", "lr-find", "stage-2"] },
    ["stage-1"],
  ],
  ["a second stage alone", { stage: "stage-2", phases: ["lr-find", "stage-2"], from }, ["lr-find", "stage-2"]],
  ["of an earlier version's run, a second stage alone", { stage: "stage-2", from }, ["stage-2"]],
  ["of an earlier version's run, both stages", { stage: "stage-2" }, ["stage-1", "stage-2"]],
])("its phases are %s", async (_what, said, phases) => {
  expect((await send(await archiveOf((card) => ({ ...card, ...said })))).recipe.phases).toEqual(phases);
});

test.each([
  ["a dataset that is none", (card: ModelCard) => ({ ...card, dataset: { ...card.dataset, id: "x" } }), /dataset\.id/],
  ["a model that is none", (card: ModelCard) => ({ ...card, modelId: "x" }), /imported\.model/],
  [
    "a rate that no recipe has",
    (card: ModelCard) => ({ ...card, recipe: { ...card.recipe, learningRate: 99 } }),
    /learningRate/,
  ],
])("a model.json that names %s is refused, and nothing of it is kept", async (_what, change, says) => {
  const before = await keysUnder(world);
  const refusal = await refusalOf(send(await archiveOf(change)));
  expect(refusal).toMatchObject({ code: "bad_model", extra: { fault: "card" }, message: expect.stringMatching(says) });
  expect(await keysUnder(world)).toEqual(before);
});

test("the same Idempotency-Key imports once, and refuses another archive", async () => {
  const headers = { "idempotency-key": "import 1" };
  const first = await send(new Uint8Array(archive), headers);
  expect((await send(new Uint8Array(archive), headers)).id).toBe(first.id);
  const refusal = await refusalOf(send(new Uint8Array(archive.subarray(1)), headers));
  expect(refusal.code).toBe("idempotency_conflict");
});

test("what is damaged is refused with its fault, and nothing of it is kept", async () => {
  const before = await keysUnder(world);
  const cut = await refusalOf(send(new Uint8Array(archive.subarray(0, 5000))));
  expect(cut).toMatchObject({ code: "bad_model", extra: { fault: "archive" } });
  const damaged = Buffer.from(archive);
  damaged.writeUInt8(damaged.readUInt8(1_000_000) ^ 1, 1_000_000);
  expect(await refusalOf(send(new Uint8Array(damaged)))).toMatchObject({ code: "bad_model" });
  expect(await keysUnder(world)).toEqual(before);
});

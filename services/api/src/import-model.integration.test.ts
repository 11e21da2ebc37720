// A model from elsewhere, over HTTP: taken once, served like any other, or refused before anything is kept.
import { EXPORTED_ID, EXPORTED_SIZE, exportedModel } from "@ursa/classifier/exchange/exported-model.fixture";
import { writeZip } from "@ursa/classifier/exchange/zip";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { keysUnder, refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { sha256Of } from "./seed-records.fixture.ts";

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

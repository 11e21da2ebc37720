// The stories of heat maps as the API tells them: what it asks an inferer for, and of which picture.
import { keys } from "@ursa/store/keys";
import { drawBear } from "@ursa/testing/pictures";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { ITEMS, seedDataset, seedModel } from "./seed-records.fixture.ts";
import { answerJson, CLASSIFIED } from "./stand-in.fixture.ts";

const HEAT_MAP = { class: "teddy", rows: 1, columns: 2, values: [0.25, 1] };

let world: World;
let model: Awaited<ReturnType<typeof seedModel>>;
let bear: Buffer;
beforeAll(async () => {
  world = await startWorld();
  const { id, version } = await seedDataset(world);
  model = await seedModel(world, { dataset: { id, version, manifestSha256: "0".repeat(64) } });
  bear = await drawBear("teddy", 1);
  await world.store.put(keys.image("default", ITEMS[0]?.sha256 ?? ""), bear);
});
afterAll(() => world?.[Symbol.asyncDispose]());
beforeEach(() => {
  world.standIn.asked.length = 0;
  world.standIn.answers.classify = answerJson(200, { ...CLASSIFIED, heatMap: HEAT_MAP });
});

const told = () => world.standIn.asked.map(({ query }) => Object.fromEntries(query));
const heatMapOf = (key: string, query = {}) =>
  world.client.call("getHeatMap", { params: { id: model.id, key }, query });

test("a picture that is sent is answered with its heat map where that is asked for", async () => {
  const query = { model: model.id, heatMap: "true" } as const;
  expect(await world.client.call("classify", { query, body: bear })).toMatchObject({
    class: "teddy",
    heatMap: HEAT_MAP,
  });
  expect(
    await world.client.call("classifyUrl", { query: { ...query, url: "https://pictures.example/b.jpg" } }),
  ).toMatchObject({ heatMap: HEAT_MAP });
  expect(told().map(({ heatMap }) => heatMap)).toEqual(["true", undefined, "true"]);
});

test("a picture of the model's dataset is found in the store, and the class may be named", async () => {
  expect(await heatMapOf("0")).toEqual(HEAT_MAP);
  expect(await heatMapOf("0", { class: "black" })).toEqual(HEAT_MAP);
  expect(world.standIn.asked.map(({ body }) => body.equals(bear))).toEqual([true, true]);
  const asked = { namespace: "default", model: model.id, heatMap: "true" };
  expect(told()).toEqual([asked, { ...asked, class: "black" }]);
});

test("an item that has no picture, and a model that is not there, are not found", async () => {
  expect(await refusalOf(heatMapOf("999999"))).toMatchObject({ code: "not_found" });
  const params = { id: "mdl_01J00000000000000000000000", key: "0" };
  expect(await refusalOf(world.client.call("getHeatMap", { params, query: {} }))).toMatchObject({ code: "not_found" });
  expect(world.standIn.asked).toEqual([]);
});

test("what the inferer refuses is refused with its words, and one that knows no heat maps is no inferer for it", async () => {
  const old = {
    type: "/docs#no_heat_maps",
    title: "?",
    status: 409,
    code: "no_heat_maps",
    detail: "Export and import it.",
  };
  world.standIn.answers.classify = answerJson(409, old);
  expect(await refusalOf(heatMapOf("0"))).toMatchObject({ code: "no_heat_maps", message: "Export and import it." });
  world.standIn.answers.classify = answerJson(200, CLASSIFIED);
  expect(await refusalOf(heatMapOf("0"))).toMatchObject({ code: "inferer_unavailable" });
});

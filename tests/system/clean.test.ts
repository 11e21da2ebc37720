// `ursa clean` as a person runs it, on a dataset that was just made: it inspects, lists, and leads to the page.
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "./run-cli.ts";
import { makeFewBears, startWorld, type World } from "./world.ts";

/** Of each class: the gallery's planted duplicates and label conflicts are among its last, so some are worth a look. */
const FEW = 12;

let world: World;
let dataset: string;

beforeAll(async () => {
  world = await startWorld();
  dataset = await makeFewBears(world, FEW);
});
afterAll(async () => world?.[Symbol.asyncDispose]());

const clean = (...words: string[]) => runCli(["--url", world.ursa.apiUrl, "clean", ...words]);

test("it looks at the dataset, says what it found and why, and where to decide", async () => {
  const { code, out, err } = await clean(dataset);
  expect(code, err).toBe(0);
  expect(err).toMatch(/^ins_\w+: looking at ds_/);
  expect(out).toMatch(new RegExp(`^\\d+ of \\d+ pictures of ${dataset} are worth a look: .*conflict 2`));
  expect(out).toMatch(/ 0\.80 +the same picture as item \d+, which is labelled (teddy|grizzly)/);
  expect(out).toContain(`Look at them one by one: ${world.ursa.apiUrl}/#/datasets/${dataset}/clean\n`);
});

test("it is not looked at twice, unless that is asked for; filters and JSON tell the same", async () => {
  const [again, json] = await Promise.all([clean(dataset), clean(dataset, "--reason", "conflict", "--json")]);
  expect(again.err).toMatch(/^ins_\w+: of 20/);
  const found = JSON.parse(json.out);
  expect(found.worthALook.map(({ class: name }: { class: string }) => name).sort()).toEqual(["grizzly", "teddy"]);
  expect(found.dataset.id).toBe(dataset);
  expect((await world.session.client.call("listInspections", {})).items).toHaveLength(1);
  const anew = await clean(dataset, "--again", "--detach");
  expect(anew.out).toMatch(/^ins_\w+\n$/);
  expect(anew.err).toContain(`/#/datasets/${dataset}/clean`);
  expect((await world.session.client.call("listInspections", {})).items).toHaveLength(2);
});

test("a dataset that there is none of is said by its id, in one sentence", async () => {
  const { code, out, err } = await clean(`ds_${"0".repeat(26)}`);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(/ds_0{26}/);
});

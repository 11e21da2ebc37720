// One trained model, asked three ways on the same pictures: over HTTP through a running inferer, in Python's ONNX Runtime, and, as the
// loss in its record, in the trainer's own validation pass.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@ursa/contracts/client";
import type { Model } from "@ursa/contracts/model";
import type { Ranked } from "@ursa/contracts/prediction";
import type { PhaseName } from "@ursa/contracts/recipe";
import { viewPicture } from "@ursa/imaging/view-picture";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findPython, probabilitiesInPython } from "@ursa/testing/python";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { follow } from "../../cli/src/follow.ts";
import { makeDataset } from "../../cli/src/local/demo/main-job.ts";
import { startWorld } from "./world.ts";

const BEARS = fileURLToPath(new URL("../../../shared/data/bears", import.meta.url));
const [SIZE, MAX_PIXELS, ASKED] = [128, 1e8, 20];
const RECIPE = {
  ...{ size: SIZE, phases: ["stage-1", "stage-2"] satisfies PhaseName[] },
  ...{ stage1: { epochs: 1 }, stage2: { epochs: 1 } },
  // So that no answer is sure of itself: near 0 and 1 all softmaxes agree.
  labelSmoothing: 0.3,
};
const python = findPython("onnxruntime, numpy");
if (!python)
  reportAbsentPart(
    "No Python with onnxruntime and numpy (URSA_TEST_PYTHON), so served answers were not compared with it.",
  );
if (!existsSync(BEARS))
  reportAbsentPart("No photographs of bears were there, so served answers were compared on drawings.");

test.skipIf(!python)("an inferer gives Python's probabilities, and the validation pass their mean loss", async () => {
  await using world = await startWorld(existsSync(BEARS) ? { folder: BEARS } : {});
  await using scratch = await createScratchFolder();
  const { session, gallery } = world;
  const { client } = session;
  const dataset = await makeDataset(session, { lists: gallery.classes, seed: 1 });
  const { id } = await client.call("createModel", { body: { dataset: dataset.id, recipe: RECIPE } });
  await follow(session, "model", id);
  const model = await client.call("getModel", { params: { id } });
  await saveNetwork(client, id, join(scratch.path, "model.onnx"));
  const pictures = await validationPictures(client, model);
  const inPython = await probabilitiesInPython(
    python ?? "",
    { folder: scratch.path, size: SIZE },
    pictures.map(({ view }) => view),
  );

  const unsure = inPython.filter((row) => Math.max(...row) < 0.95);
  expect(unsure.length).toBeGreaterThanOrEqual(ASKED / 2);
  const losses = pictures.map(({ label }, i) => -Math.log(inPython[i]?.[label] ?? Number.NaN));
  const validLoss = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const row = model.epochs.findLast(({ stage }) => stage === "stage-2");
  expect(row?.validCount).toBe(pictures.length);
  expect(validLoss).toBeCloseTo(row?.validLoss ?? Number.NaN, 4);

  expect(pictures.length).toBeGreaterThanOrEqual(ASKED);
  for (const [i, { bytes }] of pictures.slice(0, ASKED).entries()) {
    const { predictions } = await client.call("classify", { query: { model: id }, body: bytes });
    const served = inOrder(predictions, model.classes);
    const off = served.map((value, label) => Math.abs(value - (inPython[i]?.[label] ?? Number.NaN)));
    expect(Math.max(...off), `picture ${i}`).toBeLessThan(1e-4);
  }
});

async function saveNetwork(client: Client, id: string, path: string): Promise<void> {
  const artifact = { id, stage: "stage-2", name: "model.onnx" };
  const response = await client.call("getArtifact", { params: artifact });
  await writeFile(path, new Uint8Array(await response.arrayBuffer()));
}

async function validationPictures(client: Client, { dataset, classes }: Model) {
  const query = { split: "valid", outcome: "ok", limit: 100 } as const;
  const { items } = await client.call("listItems", { params: { id: dataset.id }, query });
  return Promise.all(
    items.map(async (item) => {
      const bytes = new Uint8Array(await (await fetch(item.url)).arrayBuffer());
      return { bytes, label: classes.indexOf(item.class), view: await viewPicture(bytes, SIZE, MAX_PIXELS) };
    }),
  );
}

const inOrder = (predictions: Ranked, classes: readonly string[]): number[] =>
  classes.map((name) => predictions.find(([found]) => found === name)?.[1] ?? Number.NaN);

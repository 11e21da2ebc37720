// A dataset of drawn bears with its pictures, and a model of both stages with all that one can have, as workers leave them.
import type { Dataset, Item } from "@ursa/contracts/dataset";
import type { Artifact, EpochRow, Model } from "@ursa/contracts/model";
import { keys } from "@ursa/store/keys";
import { drawBear } from "@ursa/testing/pictures";
import type { World } from "../../services/api/src/api-world.fixture.ts";
import { seedAnswered } from "../../services/api/src/seed-answers.fixture.ts";
import { EPOCH, seedDataset, seedInspection, sha256Of } from "../../services/api/src/seed-records.fixture.ts";

export const CLASSES = ["black", "teddy"];
const EACH = 12;

/** Twelve of each class, the first six of each for validation, with an inspection. */
export async function seedBears(world: World): Promise<Dataset & { items: Item[] }> {
  const items: Item[] = [];
  for (const kind of ["black", "teddy"] as const) {
    for (let at = 0; at < EACH; at += 1) {
      const index = items.length;
      const picture = await drawBear(kind, at + 1);
      const sha256 = sha256Of(picture);
      await world.store.put(keys.image("default", sha256), picture);
      const place = { url: `https://pictures.example/${index}.jpg`, source: "list.txt", line: index + 1 };
      const split = at < EACH / 2 ? "valid" : "train";
      items.push({ index, key: String(index), class: kind, ...place, outcome: "ok", sha256, split });
    }
  }
  const half = EACH / 2;
  const classes = CLASSES.map((name) => ({
    ...{ class: name, listed: EACH, outcomes: { ok: EACH }, train: half, valid: half, test: 0, validFraction: 0.5 },
  }));
  const counts = { outcomes: { ok: 2 * EACH }, classes };
  const dataset = await seedDataset(world, { items, classes: CLASSES, counts, name: "bears" });
  const { id, version, manifest } = dataset;
  const of = { id, version, manifestSha256: manifest?.sha256 ?? "" };
  await seedInspection(world, { dataset: of, classes: CLASSES });
  return { ...dataset, items };
}

/** Stage 1 takes four black bears for teddies, stage 2 the first two of them; of the pair the bears with the lowest keys. */
export async function seedTwoStages(world: World, bears: Dataset): Promise<Model> {
  const first = await seedAnswered(world, bears, { 0: "teddy", 1: "teddy", 2: "teddy", 3: "teddy" });
  const head = first.interpretations?.["stage-1"] ?? "";
  const model = await seedAnswered(world, bears, { 0: "teddy", 1: "teddy" }, EVERYTHING);
  const network = model.interpretations?.["stage-1"] ?? "";
  const { namespace } = model;
  await world.catalog.update("evaluation", { namespace, id: head }, (now) => ({ ...now, model: model.id }));
  await world.catalog.update("evaluation", { namespace, id: network }, (now) => ({ ...now, stage: "stage-2" }));
  const artifacts = [...model.artifacts, await storedNetwork(world, model)];
  return world.catalog.update("model", model, (now) => ({
    ...now,
    artifacts,
    interpretations: { "stage-1": head, "stage-2": network },
  }));
}

async function storedNetwork({ store }: World, model: Model): Promise<Artifact> {
  const [stage, name, bytes] = ["stage-2", "model.onnx", "the bytes of stage 2"] as const;
  const key = keys.model.artifact(model, 1, { stage, name });
  await store.put(key, bytes);
  return { stage, name, key, bytes: bytes.length, sha256: sha256Of(bytes) };
}

const rowOf = (stage: EpochRow["stage"], epoch: number, wrong: number): EpochRow => ({
  ...{ ...EPOCH, stage, epoch, wrong, validCount: 12, errorRate: wrong / 12, learningRate: 1e-3 },
  ...{ trainLoss: 0.7 / epoch, trainLossEval: 0.6 / epoch, validLoss: 0.65 / epoch, steps: 3 * epoch },
});

/** Of one exponential climb, whose steepest place is where the finder says. */
const POINTS = Array.from({ length: 60 }, (_, at) => {
  const learningRate = 1e-7 * 10 ** (at / 8);
  const loss = 0.7 - 0.4 / (1 + Math.exp(-(at - 28) / 3)) + Math.exp((at - 56) / 2);
  return { learningRate, loss, smoothedLoss: loss };
});

const EVERYTHING: Partial<Model> = {
  name: "both stages",
  epochs: [rowOf("stage-1", 1, 6), rowOf("stage-1", 2, 4), rowOf("stage-2", 1, 3), rowOf("stage-2", 2, 2)],
  stages: [
    {
      ...{ name: "stage-1", errorRate: 4 / 12, validLoss: 0.33, seconds: 12 },
      learningCurve: [
        { fraction: 0.25, trainCount: 3, wrong: 5, validCount: 12 },
        { fraction: 0.5, trainCount: 6, wrong: 3, validCount: 12 },
        { fraction: 1, trainCount: 12, wrong: 1, validCount: 12 },
      ],
    },
    { name: "stage-2", errorRate: 2 / 12, validLoss: 0.32, seconds: 40 },
  ],
  finder: { layers: "all", points: POINTS, suggestions: { valley: 1e-4, steepest: 3.2e-4 }, seconds: 5 },
};

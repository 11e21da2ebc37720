// A model that was interpreted, with what it said of each picture, as workers leave both.
import { newId } from "@ursa/catalog/new-id";
import type { Dataset } from "@ursa/contracts/dataset";
import type { EvaluatedItem } from "@ursa/contracts/evaluation";
import type { Model } from "@ursa/contracts/model";
import { readItems } from "@ursa/dataset/manifest";
import { keys } from "@ursa/store/keys";
import type { World } from "./api-world.fixture.ts";
import { seedEvaluation, seedModel } from "./seed-records.fixture.ts";

type Stored = Pick<World, "catalog" | "store">;

/** @param mistakes by item key the class that it was taken for; of all others the answer is right */
export async function seedAnswered(
  world: Stored,
  { id, namespace, version, manifest, classes }: Dataset,
  mistakes: Record<string, string> = {},
  more: Partial<Model> = {},
): Promise<Model> {
  const dataset = { id, version, manifestSha256: manifest?.sha256 ?? "" };
  const model = newId("model");
  const evaluation = await seedEvaluation(world, { namespace, model, dataset, split: "all", classes });
  const answers: EvaluatedItem[] = [];
  for await (const { key, class: name, url, source, line, outcome, split } of readItems(
    world.store,
    manifest?.key ?? "",
  )) {
    if (outcome !== "ok") continue;
    const predicted = mistakes[key] ?? name;
    const probability = predicted === name ? 0.9 : 0.1;
    const predictions = classes.map((one): [string, number] => [
      one,
      one === predicted ? 0.9 : 0.1 / (classes.length - 1),
    ]);
    const said = { predicted, probability, loss: -Math.log(probability), confidence: 0.9, predictions };
    answers.push({ key, class: name, url, source, line, outcome, split, ...said });
  }
  await world.store.put(
    keys.evaluation.answers(evaluation, 0),
    answers.map((row) => `${JSON.stringify(row)}\n`).join(""),
  );
  return seedModel(world, {
    id: model,
    namespace,
    dataset,
    classes,
    interpretations: { "stage-1": evaluation.id },
    ...more,
  });
}

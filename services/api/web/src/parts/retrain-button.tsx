import type { Client } from "@ursa/contracts/client";
import type { Dataset } from "@ursa/contracts/dataset";
import type { Model } from "@ursa/contracts/model";
import { newestModelOn } from "../newest-first.ts";
import { goTo } from "../router.ts";
import { useAction, useAnswer } from "../use-answer.ts";
import { ErrorNote } from "./error-note.tsx";

type Props = { dataset: Dataset; parent: string };

/** Trains on a new version as the newest model of an earlier one was trained. Nothing where there is none. */
export function RetrainButton({ dataset, parent }: Props) {
  const { value: model } = useAnswer(`trained on ${parent}`, (client, signal) => newestModel(client, parent, signal));
  const start = useAction((client, old: Model) => trainAgain(client, dataset.id, old));
  if (!model) return null;
  return (
    <>
      <button
        type="button"
        disabled={start.isRunning}
        title={`With the recipe of ${model.name ?? model.id}`}
        onClick={() => start.run(model)}
      >
        Train again with its recipe
      </button>
      {start.problem ? <ErrorNote problem={start.problem} /> : null}
    </>
  );
}

/** Of the dataset, or of the nearest of its ancestors that has one. */
async function newestModel(client: Client, id: string, signal: AbortSignal): Promise<Model | undefined> {
  const dataset = await client.call("getDataset", { params: { id }, signal });
  const model = await newestModelOn(client, dataset, signal);
  return model ?? (dataset.parent && newestModel(client, dataset.parent.id, signal));
}

async function trainAgain(client: Client, dataset: string, { recipe, from, name }: Model): Promise<void> {
  const start = from ? { from: `${from.model}@${from.stage}` } : {};
  const { id } = await client.call("createModel", { body: { dataset, recipe, ...start, ...(name ? { name } : {}) } });
  goTo(`/models/${id}`);
}

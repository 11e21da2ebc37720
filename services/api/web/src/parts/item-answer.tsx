import type { Client } from "@ursa/contracts/client";
import type { Dataset, Item } from "@ursa/contracts/dataset";
import { latestStage } from "@ursa/contracts/latest-stage";
import type { Model } from "@ursa/contracts/model";
import type { Ranked } from "@ursa/contracts/prediction";
import { newestModelOn } from "../newest-first.ts";
import { hrefTo } from "../router.ts";
import { useAnswer } from "../use-answer.ts";
import { Bars } from "./bars.tsx";
import { ErrorNote } from "./error-note.tsx";

/** What the newest model of this version says of a picture, where it was asked for all of them. */
export function ItemAnswer({ dataset, item }: { dataset: Dataset; item: Item }) {
  const model = useAnswer(`newest model on ${dataset.id}`, async (client, signal) => ({
    newest: await newestModelOn(client, dataset, signal),
  }));
  const newest = model.value?.newest;
  const answer = useAnswer(`${newest?.id} of ${item.key}`, (client, signal) =>
    answerOf(client, newest, { key: item.key, signal }),
  );
  const problem = model.problem ?? answer.problem;
  if (problem) return <ErrorNote problem={problem} />;
  if (!model.value || item.outcome !== "ok") return null;
  return (
    <section aria-label="Predictions">
      <h2>Predictions</h2>
      {newest ? (
        <p className="quiet">
          By <a href={hrefTo(`/models/${newest.id}`)}>{newest.name ?? newest.id}</a>, the newest model of this version
          {answer.value ? ":" : ", which has not looked at every picture of it yet: its page does that."}
        </p>
      ) : (
        <p className="quiet">
          No model of this version is ready. <a href={hrefTo("/train", { dataset: dataset.id })}>Train one</a>.
        </p>
      )}
      {answer.value ? <Bars ranked={answer.value} /> : null}
    </section>
  );
}

/** Of its interpretation, whose pictures are each told. */
async function answerOf(
  client: Client,
  model: Model | undefined,
  { key, signal }: { key: string; signal: AbortSignal },
): Promise<Ranked | undefined> {
  const stage = model && latestStage(model.artifacts);
  const id = stage && model.interpretations?.[stage];
  if (!id) return undefined;
  const query = { key, order: "key", limit: 1 } as const;
  const { items } = await client.call("listEvaluatedItems", { params: { id }, query, signal });
  return items[0]?.predictions;
}

// The interpretation of a model: an evaluation of all of its own dataset, found under the model once somebody asked for it.
import { confusedAtLeast } from "@ursa/classifier/confused-at-least";
import type { Evaluation, Interpretation } from "@ursa/contracts/evaluation";
import type { Model, StageName } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import type { Dependencies } from "./dependencies.ts";
import { createEvaluation, resultOf, stageOf } from "./evaluations.ts";
import { withProgress } from "./record-routes.ts";

export function interpretationHandlers(deps: Dependencies): Handlers {
  const { catalog } = deps;
  return {
    async createInterpretation({ params, body, request }) {
      const model = await catalog.get("model", request.namespace, params.id);
      return tell(deps, await makeInterpretation(deps, { model, stage: stageOf(model, body.stage), request }));
    },
    async getInterpretation({ params, query, request }) {
      const model = await catalog.get("model", request.namespace, params.id);
      return tell(deps, await findInterpretation(deps, { model, stage: stageOf(model, query.stage) }), query.min);
    },
  };
}

type Interpreted = { model: Model; stage: StageName };

/** The one that is there, unless it failed or was cancelled; else it is made. */
export async function makeInterpretation(
  deps: Dependencies,
  asked: Interpreted & { request: RequestInfo },
): Promise<Evaluation> {
  const there = await find(deps, asked);
  const isSpent = there?.state === "failed" || there?.state === "cancelled";
  return there && !isSpent ? there : create(deps, asked);
}

/** @throws Problem not_found where nobody has asked for it yet */
export async function findInterpretation(deps: Dependencies, asked: Interpreted): Promise<Evaluation> {
  const there = await find(deps, asked);
  if (there) return there;
  const { model, stage } = asked;
  throw new Problem(
    "not_found",
    `Nobody has asked for an interpretation of ${stage} of ${model.id} yet: POST to this address, or \`ursa model interpret ${model.id}\`.`,
  );
}

/** Undefined also when it was deleted since. */
async function find({ catalog }: Dependencies, { model, stage }: Interpreted): Promise<Evaluation | undefined> {
  const id = model.interpretations?.[stage];
  if (id === undefined) return undefined;
  return catalog.get("evaluation", model.namespace, id).catch((error) => {
    if (error instanceof Problem && error.code === "not_found") return undefined;
    throw error;
  });
}

/** Two who ask at one moment make two; one of them is found, and the other is an evaluation like any. */
async function create(
  deps: Dependencies,
  { model, stage, request }: Interpreted & { request: RequestInfo },
): Promise<Evaluation> {
  const body = { model: model.id, stage, dataset: model.dataset.id, split: "all", tta: false } as const;
  // Whoever repeats this request finds what the first one made, without a key.
  const { "idempotency-key": _, ...headers } = request.headers;
  const made = await createEvaluation(deps, body, { ...request, headers });
  await deps.catalog.update("model", model, (now) => ({
    ...now,
    interpretations: { ...now.interpretations, [stage]: made.id },
  }));
  return made;
}

async function tell(deps: Dependencies, evaluation: Evaluation, min = 1): Promise<Interpretation> {
  if (evaluation.state !== "ready") return { evaluation: await withProgress(deps, evaluation) };
  return { evaluation, result: confusedAtLeast(await resultOf(deps, evaluation), min) };
}

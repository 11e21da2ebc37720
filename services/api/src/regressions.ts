// Regressions: the request is settled here, with the points that were given or how they are drawn. A trainer does the arithmetic.
import { createHash } from "node:crypto";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import {
  type CreateRegression,
  createRegressionSchema,
  LESSON,
  RATE_PRESETS,
  type Regression,
  type RegressionResult,
  regressionResultSchema,
} from "@ursa/contracts/regression";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { largestRateOf } from "@ursa/regression/curvature";
import { drawPoints, holdOut, largestDegree, type PointSets, parsePoints, scaledPoints } from "@ursa/regression/points";
import { startOf } from "@ursa/regression/run-regression";
import { keys } from "@ursa/store/keys";
import { createRecord } from "./create-record.ts";
import type { Dependencies } from "./dependencies.ts";
import { followRecord } from "./record-events.ts";
import { cancelRecord, deleteRecord } from "./record-routes.ts";

export function regressionHandlers(deps: Dependencies): Handlers {
  const { catalog } = deps;
  return {
    createRegression: async ({ body, request }) => createRegression(deps, body, request),
    listRegressions: async ({ query, request }) => catalog.list("regression", request.namespace, query),
    getRegression: async ({ params, request }) => catalog.get("regression", request.namespace, params.id),
    cancelRegression: async ({ params, request }) =>
      cancelRecord(deps, "regression", { namespace: request.namespace, id: params.id }),
    deleteRegression: async ({ params, request }) =>
      deleteRecord(deps, "regression", { namespace: request.namespace, id: params.id }),
    async getRegressionResult({ params, request }) {
      return resultOf(deps, await catalog.get("regression", request.namespace, params.id));
    },
    regressionEvents: async ({ params, request }) => followRecord(deps, "regression", { request, id: params.id }),
  };
}

async function createRegression(deps: Dependencies, body: CreateRegression, caller: RequestInfo): Promise<Regression> {
  const { store, producer } = deps;
  return createRecord(deps, {
    kind: "regression",
    caller,
    body,
    async plan(owner) {
      const { degree, rescale, preset, steps, batchSize, seed } = body;
      const { data, sets, given } = dataOf(body);
      const learningRate = rateOf(body, sets);
      const start = startFor(body);
      if (given) await store.put(keys.regression.points(owner), given);
      const optional = { ...(preset ? { preset } : {}), ...(batchSize ? { batchSize } : {}) };
      return { data, degree, rescale, learningRate, steps, start, seed, ...optional };
    },
    enqueue: (record) => producer.enqueueRegression(record),
  });
}

type Data = { data: Regression["data"]; sets: PointSets; given?: string };

/** @throws Problem invalid_request for points in two ways, or too few of them */
function dataOf(body: CreateRegression): Data {
  const ways = (["drawn", "points", "csv"] as const).filter((way) => body[way] !== undefined);
  if (ways.length > 1)
    throw new Problem(
      "invalid_request",
      `Points are drawn, given or read from CSV; ${ways.join(" and ")} are too many.`,
    );
  const data = body.points || body.csv !== undefined ? givenOf(body) : drawnOf(body);
  const most = largestDegree(data.sets.points);
  if (body.degree <= most) return data;
  throw new Problem(
    "invalid_request",
    `degree: a polynomial of degree ${body.degree} needs ${body.degree + 1} points with different x to be fitted to, and there are ${most + 1}.`,
  );
}

function givenOf({ points, csv = "", heldOutFraction, seed }: CreateRegression): Data {
  const all = points ?? parsePoints(csv);
  const given = JSON.stringify(all);
  const sha256 = createHash("sha256").update(given).digest("hex");
  const data = { source: "given", count: all.length, sha256, heldOutFraction } as const;
  return { data, sets: holdOut(all, { fraction: heldOutFraction, seed }), given };
}

/** The schema's defaults are the lesson's points. */
function drawnOf({ drawn = DEFAULT_DRAWN }: CreateRegression): Data {
  return { data: { source: "drawn", ...drawn }, sets: drawPoints(drawn) };
}
const DEFAULT_DRAWN = createRegressionSchema.shape.drawn.unwrap().parse({});

/** @throws Problem invalid_request for a rate that is given twice */
function rateOf({ learningRate, preset, degree, rescale }: CreateRegression, { points }: PointSets): number {
  if (learningRate !== undefined && preset)
    throw new Problem("invalid_request", "preset: it chooses the rate, so leave out learningRate, or the preset.");
  if (!preset) return learningRate ?? LESSON.learningRate;
  return RATE_PRESETS[preset] * largestRateOf(scaledPoints(points, rescale), degree);
}

/** @throws Problem invalid_request for a start with another number of parameters */
function startFor({ start, degree }: CreateRegression): number[] {
  if (!start || start.length === degree + 1) return start ?? startOf(degree);
  throw new Problem(
    "invalid_request",
    `start: degree ${degree} has ${degree + 1} parameters, the highest power first; ${start.length} are given.`,
  );
}

async function resultOf({ store }: Dependencies, { id, state, result }: Regression): Promise<RegressionResult> {
  if (!result && isFinal(state)) throw new Problem("not_found", `${id} is ${state} and has no result.`);
  if (!result) throw new Problem("still_running", `${id} is ${state} and has no result yet.`);
  const { body } = await store.get(result.key);
  return regressionResultSchema.parse(JSON.parse(body.toString()));
}

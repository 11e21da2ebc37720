// The `regress` job: milliseconds of arithmetic as a rule, some fifteen seconds at most, so it is done here, in slices, and not by a child.
// Taken again it gives the same.
import type { PayloadOf } from "@ursa/contracts/queues";
import {
  createRegressionSchema,
  type Regression,
  regressionResultSchema,
  regressionSummarySchema,
} from "@ursa/contracts/regression";
import { drawPoints, holdOut, type PointSets } from "@ursa/regression/points";
import { regress } from "@ursa/regression/run-regression";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { type ChildJobDeps, createEnding, giveBack, isShutdown, type TrainerJob } from "./child-job.ts";
import { inSlices } from "./in-slices.ts";
import { putOnce } from "./put-once.ts";

export function createRegressJob(deps: Pick<ChildJobDeps, "store" | "catalog" | "events">): TrainerJob {
  const { store, catalog, events } = deps;
  return {
    async process({ namespace, id }: PayloadOf<"train">, context) {
      const owner = { namespace, id };
      const record = await catalog.take("regression", owner);
      const { fence } = record;
      context.holdFence(fence);
      await events.publish(owner, { type: "state", state: "running" });
      const fitted = await fit(store, record, context.signal).catch((error: unknown) => {
        if (isShutdown(context.signal)) return undefined;
        throw error;
      });
      if (!fitted) return await giveBack({ ...deps, owner, fence }, "regression", context);
      const end = { ...fitted, state: "ready" } as const;
      await catalog.update("regression", owner, (current) => ({ ...current, ...end }), { fence });
      await events.publish(owner, { type: "state", state: "ready" });
    },
    onGivenUp: createEnding(deps, "regression"),
  };
}

/** The record's last fields. The result is created once under this worker's fence. */
async function fit(store: ObjectStore, record: Regression, signal: AbortSignal) {
  const drawn = record.data.source === "drawn" ? record.data : undefined;
  const ran = await inSlices(regress({ ...record, drawn }, await pointsOf(store, record)), signal);
  const result = regressionResultSchema.parse({ ...record, ...ran, format: 1, regressionId: record.id });
  const summary = regressionSummarySchema.parse({ ...ran, steps: ran.steps.at(-1)?.step ?? 0 });
  const bytes = Buffer.from(JSON.stringify(result));
  const key = keys.regression.result(record, record.fence);
  const { sha256 } = await putOnce(store, key, bytes);
  return { summary, result: { key, bytes: bytes.length, sha256 } };
}

const givenSchema = createRegressionSchema.shape.points.unwrap();

async function pointsOf(store: ObjectStore, record: Regression): Promise<PointSets> {
  const { data, seed } = record;
  if (data.source === "drawn") return drawPoints(data);
  const { body } = await store.get(keys.regression.points(record));
  return holdOut(givenSchema.parse(JSON.parse(body.toString())), { fraction: data.heldOutFraction, seed });
}

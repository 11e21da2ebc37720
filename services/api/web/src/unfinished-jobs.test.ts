// Home shows what is going on, whatever it is and however old: every kind of record is asked for by its state.
import type { Client } from "@ursa/contracts/client";
import { ID_PREFIX, type RecordKind } from "@ursa/contracts/ids";
import { expect, test } from "vitest";
import { unfinishedJobs } from "./unfinished-jobs.ts";

test("one of each kind, with the page that shows it", async () => {
  const kindOf = (route: string) => route.replace(/^list|s$/g, "").toLowerCase() as RecordKind;
  const call = async (route: string, { query }: { query: unknown }) => {
    expect(query).toEqual({ state: "unfinished", limit: 50 });
    const id = `${ID_PREFIX[kindOf(route)]}_1`;
    const state = route === "listDatasets" ? "queued" : "running";
    return { items: [{ id, state, model: "mdl_2", dataset: { id: "ds_2" } }] };
  };
  // Only what is listed of a record is read here.
  const jobs = await unfinishedJobs({ call } as unknown as Client, AbortSignal.timeout(1000));
  expect(new Set(jobs.map(({ kind }) => kind))).toEqual(new Set(Object.keys(ID_PREFIX)));
  expect(jobs.map(({ record }) => record.state)).toEqual([...Array(6).fill("running"), "queued"]);
  for (const { kind, record } of jobs) expect(record.id).toBe(`${ID_PREFIX[kind]}_1`);
  expect(Object.fromEntries(jobs.map(({ kind, path }) => [kind, path]))).toEqual({
    dataset: "/datasets/ds_1",
    model: "/models/mdl_1",
    sweep: "/models",
    prediction: "/predictions/prd_1",
    evaluation: "/models/mdl_2",
    inspection: "/datasets/ds_2/clean",
    regression: "/learn",
  });
});

// A record with its live events: asked once, followed while it is under way, and asked again when it has ended.
import type { AnswerOf, Client } from "@ursa/contracts/client";
import type { Dataset } from "@ursa/contracts/dataset";
import type { Evaluation } from "@ursa/contracts/evaluation";
import type { UrsaEvent } from "@ursa/contracts/events";
import type { Inspection } from "@ursa/contracts/inspection";
import type { EpochRow, Model } from "@ursa/contracts/model";
import type { Prediction } from "@ursa/contracts/prediction";
import { isFinal, type Progress } from "@ursa/contracts/record";
import type { Regression } from "@ursa/contracts/regression";
import { useEffect, useRef, useState } from "react";
import { followRecord } from "./follow-record.ts";
import { useClient } from "./session.ts";
import { type Answer, useAnswer } from "./use-answer.ts";

type Records = {
  dataset: Dataset;
  model: Model;
  prediction: Prediction;
  inspection: Inspection;
  evaluation: Evaluation;
  regression: Regression;
  sweep: AnswerOf<"getSweep">;
};
type Kind = keyof Records;
type Ask<T> = (client: Client, id: string, signal: AbortSignal) => Promise<T>;

const GET: { [K in Kind]: Ask<Records[K]> } = {
  dataset: (client, id, signal) => client.call("getDataset", { params: { id }, signal }),
  model: (client, id, signal) => client.call("getModel", { params: { id }, signal }),
  prediction: (client, id, signal) => client.call("getPrediction", { params: { id }, signal }),
  inspection: (client, id, signal) => client.call("getInspection", { params: { id }, signal }),
  evaluation: (client, id, signal) => client.call("getEvaluation", { params: { id }, signal }),
  regression: (client, id, signal) => client.call("getRegression", { params: { id }, signal }),
  sweep: (client, id, signal) => client.call("getSweep", { params: { id }, signal }),
};
const EVENTS = {
  dataset: "datasetEvents",
  model: "modelEvents",
  prediction: "predictionEvents",
  inspection: "inspectionEvents",
  evaluation: "evaluationEvents",
  regression: "regressionEvents",
  sweep: "sweepEvents",
} as const;

/** What events told since the record was asked. */
export type Live = { progress?: Progress; epochs: EpochRow[]; messages: string[] };
const NOTHING: Live = { epochs: [], messages: [] };
const MESSAGES_KEPT = 50;
/** The record itself, with what no event carries, is asked at most so often. */
const ASK_EVERY_MS = 1000;

export function useRecord<K extends Kind>(kind: K, id: string): Answer<Records[K]> & { live: Live } {
  const client = useClient();
  const get: Ask<Records[K]> = GET[kind];
  const events: (typeof EVENTS)[Kind] = EVENTS[kind];
  const answer = useAnswer(`${kind} ${id}`, (asking, signal) => get(asking, id, signal));
  const [live, setLive] = useState<Live & { id: string }>({ ...NOTHING, id });
  const state = answer.value?.state;
  const isUnderWay = state !== undefined && !isFinal(state);
  const reload = useRef(answer.reload);
  reload.current = answer.reload;
  useEffect(() => {
    if (!isUnderWay) return;
    const controller = new AbortController();
    const { signal } = controller;
    const ask = atMostEvery(ASK_EVERY_MS, () => signal.aborted || reload.current());
    const onEvent = (event: UrsaEvent) => {
      setLive((before) => ({ ...withEvent(before.id === id ? before : NOTHING, event), id }));
      ask();
    };
    const open = (after: string | undefined) =>
      client.call(events, { params: { id }, signal, headers: after ? { "last-event-id": after } : {} });
    // What cannot be followed any more (it was deleted, the key was revoked) the record's own answer says.
    followRecord(open, { signal, onEvent })
      .finally(() => signal.aborted || reload.current())
      .catch(() => {});
    return () => controller.abort();
  }, [client, events, id, isUnderWay]);
  return { ...answer, live: live.id === id ? live : NOTHING };
}

export function withEvent(live: Live, event: UrsaEvent): Live {
  if (event.type === "progress") return { ...live, progress: event.progress };
  if (event.type === "epoch")
    return { ...live, epochs: [...live.epochs.filter((row) => !isSame(row, event.row)), event.row] };
  if (event.type === "log") return { ...live, messages: [...live.messages, event.message].slice(-MESSAGES_KEPT) };
  return live;
}

const isSame = (a: EpochRow, b: EpochRow) => a.stage === b.stage && a.epoch === b.epoch;

/** Now, and once more at the end of the pause if it was called in it. */
function atMostEvery(milliseconds: number, run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isWanted = false;
  return function call() {
    isWanted = timer !== undefined;
    if (isWanted) return;
    run();
    timer = setTimeout(() => {
      timer = undefined;
      if (isWanted) call();
    }, milliseconds);
  };
}

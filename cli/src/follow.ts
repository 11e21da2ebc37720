// Watches a dataset, model, prediction, evaluation, inspection, regression or sweep until it ends: bars on a terminal, plain lines elsewhere.
import type { UrsaEvent } from "@ursa/contracts/events";
import type { EpochRow } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { isFinal, type Progress, type RecordState } from "@ursa/contracts/record";
import type { ServerEvent } from "@ursa/contracts/server-events";
import cliProgress from "cli-progress";
import type { Session } from "./connect.ts";
import { explainProblem, Failure } from "./failure.ts";
import { nats, percent, seconds } from "./print.ts";
import { progressDetails } from "./progress-details.ts";
import { visible } from "./visible.ts";

const EVENTS = {
  dataset: "datasetEvents",
  model: "modelEvents",
  prediction: "predictionEvents",
  evaluation: "evaluationEvents",
  inspection: "inspectionEvents",
  regression: "regressionEvents",
  sweep: "sweepEvents",
} as const;
const PHASES: Record<Progress["phase"], string> = {
  fetch: "fetching pictures",
  assemble: "assembling",
  prepare: "preparing",
  features: "computing features",
  "lr-find": "finding a learning rate",
  train: "training",
  export: "exporting",
  predict: "predicting",
  collect: "collecting results",
  evaluate: "evaluating",
  inspect: "inspecting",
  sweep: "training runs",
};

/** @throws Failure when it ended failed or cancelled, with the record's own reason */
export async function follow({ client, signal }: Session, kind: keyof typeof EVENTS, id: string): Promise<void> {
  const view = process.stderr.isTTY ? barView() : lineView();
  try {
    const end = await watch(
      (after) =>
        client.call(EVENTS[kind], { params: { id }, signal, headers: after ? { "last-event-id": after } : {} }),
      view,
    );
    if (end.state === "failed" && end.error) throw new Failure(`${id} failed: ${explainProblem(end.error)}`);
    if (end.state !== "ready") throw new Failure(`${id} ${end.state}.`);
  } finally {
    view.stop();
  }
}

type StateEvent = Extract<UrsaEvent, { type: "state" }>;
type Open = (after: string | undefined) => Promise<AsyncIterable<ServerEvent<UrsaEvent>>>;
/** One after another without an event between them: a minute or more, longer than any restart. */
const RECONNECTS = 60;
const RECONNECT_DELAY_MS = 1000;

/** Reconnects with the last event's id, so a restarted API costs nothing but a pause. */
async function watch(open: Open, view: View): Promise<StateEvent> {
  const place: Place = { after: undefined, failures: 0 };
  while (place.failures < RECONNECTS) {
    let delayMs = RECONNECT_DELAY_MS;
    const end = await readUntilEnd(open, place, view).catch((error) => {
      delayMs = delayAfter(error);
      return undefined;
    });
    if (end) return end;
    place.failures += 1;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
  throw new Failure("The event stream kept ending before the job did; look at it with `ursa status`.");
}

/** Throws what asking again does not mend. */
function delayAfter(error: unknown): number {
  // fetch reports a broken connection as a TypeError.
  if (error instanceof TypeError) return RECONNECT_DELAY_MS;
  const retryAfterMs = error instanceof Problem ? error.extra.retryAfterMs : undefined;
  if (typeof retryAfterMs !== "number") throw error;
  return Math.max(retryAfterMs, RECONNECT_DELAY_MS);
}

/** The id of the last event seen, and how often the stream failed since. */
type Place = { after: string | undefined; failures: number };

async function readUntilEnd(open: Open, place: Place, view: View): Promise<StateEvent | undefined> {
  for await (const { id, data } of await open(place.after)) {
    place.after = id ?? place.after;
    place.failures = 0;
    view.show(data);
    if (data.type === "state" && isFinal(data.state)) return data;
  }
  return undefined;
}

type View = { show(event: UrsaEvent): void; stop(): void };

function barView(): View {
  const bars = new cliProgress.MultiBar(
    {
      format: "{phase} [{bar}] {value}/{total}  {details}",
      hideCursor: true,
      clearOnComplete: false,
      stream: process.stderr,
      fps: 10,
    },
    cliProgress.Presets.shades_classic,
  );
  const byPhase = new Map<string, cliProgress.SingleBar>();
  return {
    show(event) {
      if (event.type === "epoch") bars.log(`${epochLine(event.row)}\n`);
      if (event.type === "log") bars.log(`${visible(event.message)}\n`);
      if (event.type !== "progress") return;
      const { phase, done, total, stage = "" } = event.progress;
      const details = progressDetails(event.progress);
      const bar = byPhase.get(phase + stage) ?? bars.create(total, 0, { phase: PHASES[phase].padEnd(20), details });
      byPhase.set(phase + stage, bar);
      bar.setTotal(total);
      bar.update(done, { details });
    },
    stop: () => bars.stop(),
  };
}

/** One line per tenth of a phase, so that a log stays readable. */
function lineView(): View {
  const shown = new Map<string, number>();
  let state: RecordState | undefined;
  const say = (line: string) => process.stderr.write(`${visible(line)}\n`);
  return {
    show(event) {
      if (event.type === "epoch") say(epochLine(event.row));
      if (event.type === "log") say(event.message);
      if (event.type === "state" && event.state !== state) say(event.state);
      if (event.type === "state") state = event.state;
      if (event.type !== "progress") return;
      const { phase, done, total, stage = "" } = event.progress;
      const tenth = Math.floor((10 * done) / Math.max(total, 1));
      if (tenth <= (shown.get(phase + stage) ?? -1)) return;
      shown.set(phase + stage, tenth);
      say(`${PHASES[phase]} ${done}/${total}  ${progressDetails(event.progress)}`.trimEnd());
    },
    stop() {},
  };
}

export function epochLine(row: EpochRow): string {
  const interval = `${percent(row.errorRateLow)} to ${percent(row.errorRateHigh)}`;
  return `${row.stage} epoch ${row.epoch}  train ${nats(row.trainLoss)}  valid ${nats(row.validLoss)}  error ${percent(row.errorRate)} (${row.wrong} of ${row.validCount}; 95 %: ${interval})  ${seconds(row.seconds)}`;
}

// What a user does while everything breaks: asks with a key, asks again when there was no answer, and looks until it has ended. All of it
// goes into the history.
import { createHash, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { isFinal, type RecordState } from "@ursa/contracts/record";
import type { Listing } from "./gallery.ts";
import type { World } from "./world.ts";

export type Kind = "datasets" | "models" | "predictions";
type Seen = {
  state: RecordState;
  fence: number;
  checkpoints?: { fence: number; stage: string; phase?: string; epoch: number; batch?: number }[];
};

/** Two epochs of small pictures, both stages: some seconds of training with moments to be broken in. */
export const RECIPE = {
  ...{ size: 64, phases: ["stage-1", "stage-2"], seed: 1, allowUnusual: true },
  ...{ stage1: { epochs: 3, batchSize: 4 }, stage2: { epochs: 2, batchSize: 4 } },
};

const ATTEMPTS = 60;

/** Asks until there is an answer below 500, always under the same key. @returns the new record's id */
export async function create(world: World, kind: Kind, body: object, key: string = randomUUID()): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(world, kind, body, key);
    if (answer?.id) return answer.id;
    if ((answer && answer.status < 500) || attempt === ATTEMPTS)
      throw new Error(`${kind} could not be created: ${JSON.stringify(answer)}`);
    await delay(500);
  }
}

/** One request, of a body or its very text. Undefined when there was no answer. */
export async function ask({ apiUrl, history }: World, kind: Kind, body: object | string, key: string) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${apiUrl}/v1/${kind}`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: text,
    signal: AbortSignal.timeout(20_000),
  }).catch(() => undefined);
  if (!response) return undefined;
  // Broken off in the middle is no answer either.
  const said = await response.json().catch(() => undefined);
  if (!said) return undefined;
  const { id, code, detail } = said as { id?: string; code?: string; detail?: string };
  const { status } = response;
  history.add({
    ...{
      type: "answer",
      operation: kind,
      key,
      body: createHash("sha256").update(text).digest("hex").slice(0, 12),
      status,
    },
    ...(id && response.ok ? { id } : {}),
    ...(code ? { code } : {}),
  });
  return { status, id: response.ok ? id : undefined, code, detail, retryAfter: response.headers.get("retry-after") };
}

/** Looks at a record until it has ended; whatever cannot be read now is read later. */
export async function endOf(world: World, kind: Kind, id: string, timeoutMs = 120_000): Promise<RecordState> {
  const deadline = performance.now() + timeoutMs;
  let last = "";
  for (;;) {
    const record = await read(world, kind, id);
    if (record) {
      last = note(world, id, record, last);
      if (isFinal(record.state)) return record.state;
    }
    if (performance.now() > deadline) throw new Error(`${id} did not end in ${timeoutMs / 1000} s; it was ${last}`);
    await delay(100);
  }
}

/** Undefined when the API does not answer now. */
export async function read(
  { apiUrl }: World,
  kind: Kind,
  id: string,
): Promise<(Seen & Record<string, unknown>) | undefined> {
  const answer = await fetch(`${apiUrl}/v1/${kind}/${id}`, { signal: AbortSignal.timeout(5000) }).catch(
    () => undefined,
  );
  // The API's own schema is tested elsewhere; what does not parse was broken off.
  return answer?.ok ? ((await answer.json().catch(() => undefined)) as Seen & Record<string, unknown>) : undefined;
}

/** Notes what changed since `last`. */
function note({ history }: World, id: string, { state, fence, checkpoints = [] }: Seen, last: string): string {
  // The finder's are dropped when it is over; the stages' are what I7 speaks of.
  const newest = checkpoints.findLast(({ phase }) => phase === undefined);
  const now = JSON.stringify({ state, fence, newest });
  if (now === last) return last;
  history.add({ type: "state", id, state, fence });
  if (newest) {
    const { stage, epoch, batch = 0 } = newest;
    history.add({ type: "checkpoint", id, fence: newest.fence, stage, epoch, batch });
  }
  return now;
}

export const datasetBody = (lists: readonly Listing[]) => ({
  sources: lists.map(({ class: name, urls }) => ({ class: name, urls: urls.map(({ url }) => url) })),
  options: { splitSeed: 1 },
});

export const modelBody = (dataset: string, recipe: object = RECIPE) => ({ dataset, recipe });

export const predictionBody = (model: string, lists: readonly Listing[]) => ({
  model,
  input: { urls: lists.flatMap(({ urls }) => urls.map(({ url }) => url)) },
});

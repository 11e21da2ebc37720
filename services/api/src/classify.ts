// classify and classify-url: the API resolves the model's name, the downloader fetches a URL, an inferer answers.
import { type Classification, classificationSchema } from "@ursa/contracts/prediction";
import { Problem, type ProblemCode, problemSchema } from "@ursa/contracts/problem";
import type { Handlers } from "@ursa/http/server";
import type { Dependencies } from "./dependencies.ts";

/** A picture is answered in milliseconds; what takes this long is stuck. */
const CLASSIFY_TIMEOUT_MS = 15_000;
/** The downloader gives up by itself before this. */
const FETCH_TIMEOUT_MS = 60_000;

export function classifyHandlers(deps: Dependencies): Handlers {
  return {
    async classify({ query, body, request }) {
      const picture = "url" in body ? { url: body.url } : { bytes: body.bytes };
      return classify(deps, { ...request, model: query.model, ...picture });
    },
    async classifyUrl({ query, request }) {
      return classify(deps, { ...request, model: query.model, url: query.url });
    },
  };
}

type Question = { namespace: string; signal: AbortSignal; model: string | undefined; bytes?: Uint8Array; url?: string };

async function classify(deps: Dependencies, question: Question): Promise<Classification> {
  const started = performance.now();
  const { modelId, alias } = await deps.aliases.resolve(question.namespace, question.model);
  const fetched = question.url === undefined ? undefined : await fetchPicture(deps, question.url, question.signal);
  const fetchedAt = performance.now();
  const picture = fetched ?? question.bytes ?? new Uint8Array();
  const { namespace, signal } = question;
  const answer = await ask(deps, { query: { namespace, model: modelId }, picture, signal });
  const milliseconds = {
    ...(fetched ? { fetch: round(fetchedAt - started) } : {}),
    ...answer.milliseconds,
    total: round(performance.now() - started),
  };
  return { ...answer, model: modelId, ...(alias ? { alias } : {}), milliseconds };
}

const round = (milliseconds: number) => Math.round(milliseconds * 100) / 100;
const answerSchema = classificationSchema.omit({ model: true, alias: true }).extend({
  milliseconds: classificationSchema.shape.milliseconds.omit({ total: true }),
});

type Asked = { query: { namespace: string; model: string }; picture: Uint8Array; signal: AbortSignal };

async function ask(deps: Dependencies, { query, picture, signal }: Asked) {
  const url = new URL(`/classify?${new URLSearchParams(query)}`, deps.infererUrl);
  const init = {
    method: "POST",
    body: Uint8Array.from(picture),
    headers: { "content-type": "application/octet-stream" },
  };
  const response = await send(
    url,
    { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(CLASSIFY_TIMEOUT_MS)]) },
    "inferer_unavailable",
  );
  return answerSchema.parse(await response.json());
}

async function fetchPicture(deps: Dependencies, url: string, signal: AbortSignal): Promise<Uint8Array> {
  const init = { method: "POST", body: JSON.stringify({ url }), headers: { "content-type": "application/json" } };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]);
  const response = await send(
    new URL("/fetch", deps.downloaderUrl),
    { ...init, signal: limit },
    "downloader_unavailable",
  );
  return new Uint8Array(await response.arrayBuffer());
}

/** Sends to a service of our own: its problems pass through, and silence becomes `unavailable`. */
async function send(url: URL, init: RequestInit, unavailable: ProblemCode): Promise<Response> {
  const response = await fetch(url, init).catch((cause) => {
    throw new Problem(unavailable, undefined, { cause });
  });
  if (response.ok) return response;
  const problem = problemSchema.safeParse(await response.json().catch(() => undefined));
  if (!problem.success || problem.data.code === "internal")
    throw new Problem(unavailable, undefined, { cause: problem.data });
  const { code, detail, title, type: _type, status: _status, requestId: _id, ...extra } = problem.data;
  throw new Problem(code, detail ?? title, { extra });
}

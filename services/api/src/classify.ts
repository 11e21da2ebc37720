// classify and classify-url: the API resolves the model's name, the downloader fetches a URL, an inferer answers.
import { type Classification, classificationSchema } from "@ursa/contracts/prediction";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { askService } from "./ask-service.ts";
import type { Dependencies } from "./dependencies.ts";

/** A picture is answered in milliseconds; what takes this long is stuck. */
const CLASSIFY_TIMEOUT_MS = 15_000;
/** The downloader gives up by itself before this. */
const FETCH_TIMEOUT_MS = 60_000;

export function classifyHandlers(deps: Dependencies): Handlers {
  return {
    async classify({ query, body, request }) {
      const picture = "url" in body ? { url: body.url } : { bytes: body.bytes };
      return classify(deps, { caller: request, model: query.model, picture });
    },
    async classifyUrl({ query, request }) {
      return classify(deps, { caller: request, model: query.model, picture: { url: query.url } });
    },
  };
}

type Picture = { url: string } | { bytes: Uint8Array };
type Question = { caller: RequestInfo; model: string | undefined; picture: Picture };

async function classify(deps: Dependencies, { caller, model, picture }: Question): Promise<Classification> {
  const started = performance.now();
  const { modelId, alias } = await deps.aliases.resolve(caller.namespace, model);
  const resolved = performance.now();
  const bytes = "url" in picture ? await fetchPicture(deps, picture.url, caller) : picture.bytes;
  const fetched = "url" in picture ? { fetch: round(performance.now() - resolved) } : {};
  const answer = await askInferer(deps, { model: modelId, bytes }, caller);
  const milliseconds = { ...fetched, ...answer.milliseconds, total: round(performance.now() - started) };
  return { ...answer, model: modelId, ...(alias ? { alias } : {}), milliseconds };
}

const round = (milliseconds: number) => Math.round(milliseconds * 100) / 100;
const answerSchema = classificationSchema.omit({ model: true, alias: true }).extend({
  milliseconds: classificationSchema.shape.milliseconds.omit({ total: true }),
});

async function askInferer(deps: Dependencies, asked: { model: string; bytes: Uint8Array }, caller: RequestInfo) {
  const query = new URLSearchParams({ namespace: caller.namespace, model: asked.model });
  return askService({
    url: new URL(`/classify?${query}`, deps.infererUrl),
    contentType: "application/octet-stream",
    // A copy, because fetch takes no bytes that might be shared between threads.
    body: new Uint8Array(asked.bytes),
    caller,
    timeoutMs: CLASSIFY_TIMEOUT_MS,
    unavailable: "inferer_unavailable",
    read: async (response) => answerSchema.parse(await response.json()),
  });
}

async function fetchPicture(deps: Dependencies, url: string, caller: RequestInfo): Promise<Uint8Array> {
  return askService({
    url: new URL("/fetch", deps.downloaderUrl),
    contentType: "application/json",
    body: JSON.stringify({ url }),
    caller,
    timeoutMs: FETCH_TIMEOUT_MS,
    unavailable: "downloader_unavailable",
    read: async (response) => new Uint8Array(await response.arrayBuffer()),
  });
}

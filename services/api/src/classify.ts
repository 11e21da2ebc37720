// classify and classify-url: the API resolves the model's name, the downloader fetches a URL, an inferer answers.
import { type Classification, classificationSchema } from "@ursa/contracts/prediction";
import { ROUTES } from "@ursa/contracts/routes";
import { type ByteBudget, createByteBudget } from "@ursa/http/byte-budget";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { askService } from "./ask-service.ts";
import type { Dependencies } from "./dependencies.ts";
import { pointToModels } from "./point-to-lists.ts";

/** A picture is answered in milliseconds; what takes this long is stuck. */
const CLASSIFY_TIMEOUT_MS = 15_000;
/** The downloader says how long a picture is; this is the longest it sends. */
const MAX_PICTURE_BYTES = ROUTES.classify.body.maxBytes;
/** The downloader gives up by itself before this. */
const FETCH_TIMEOUT_MS = 60_000;

export function classifyHandlers(all: Dependencies): Handlers {
  const deps = { ...all, fetched: createByteBudget() };
  return {
    async classify({ query, body, request }) {
      const picture = "url" in body ? { url: body.url } : { bytes: body.bytes };
      return classify(deps, { caller: request, ...query, picture });
    },
    async classifyUrl({ query, request }) {
      const { url, ...how } = query;
      return classify(deps, { caller: request, ...how, picture: { url } });
    },
  };
}

type PictureBytes = Uint8Array<ArrayBuffer>;
type Picture = { url: string } | { bytes: PictureBytes };
type Question = {
  caller: Pick<RequestInfo, "id" | "namespace" | "signal">;
  model?: string | undefined;
  tta: boolean;
  heatMap?: boolean;
  picture: Picture;
};
/** `fetched` is for pictures that come by URL; those in a request's body are in the server's own budget. */
type Parts = Dependencies & { fetched: ByteBudget };

/** One picture by one model of the caller's namespace. */
export async function classify(
  deps: Parts,
  { caller, model, tta, heatMap = false, picture }: Question,
): Promise<Classification> {
  using held = new DisposableStack();
  const started = performance.now();
  const { modelId, alias } = await deps.aliases.resolve(caller.namespace, model);
  const resolved = performance.now();
  const bytes = "url" in picture ? await fetchPicture(deps, { url: picture.url, held }, caller) : picture.bytes;
  const fetched = "url" in picture ? { fetch: round(performance.now() - resolved) } : {};
  const answer = await askInferer(deps, { model: modelId, tta, heatMap, bytes }, caller);
  const milliseconds = { ...fetched, ...answer.milliseconds, total: round(performance.now() - started) };
  return { ...answer, model: modelId, ...(alias ? { alias } : {}), milliseconds };
}

const round = (milliseconds: number) => Math.round(milliseconds * 100) / 100;
const answerSchema = classificationSchema.omit({ model: true, alias: true }).extend({
  milliseconds: classificationSchema.shape.milliseconds.omit({ total: true }),
});

/** `class`: whose heat map; left out, that of the answer. */
type Asked = { model: string; tta?: boolean; heatMap?: boolean; class?: string | undefined; bytes: PictureBytes };

/** Also for a picture that is stored. @throws Problem what the inferer refuses, or inferer_unavailable */
export async function askInferer(deps: Dependencies, { model, bytes, ...asked }: Asked, caller: Question["caller"]) {
  const query = new URLSearchParams({ namespace: caller.namespace, model });
  if (asked.tta) query.set("tta", "true");
  if (asked.heatMap) query.set("heatMap", "true");
  if (asked.class !== undefined) query.set("class", asked.class);
  return askService({
    replicas: deps.inferers,
    path: `/classify?${query}`,
    contentType: "application/octet-stream",
    body: bytes,
    caller,
    tracing: deps.tracing,
    timeoutMs: CLASSIFY_TIMEOUT_MS,
    unavailable: "inferer_unavailable",
    read: async (answer) => answerSchema.parse(await answer.json()),
  }).catch(pointToModels);
}

type Fetch = { url: string; held: DisposableStack };

async function fetchPicture(deps: Parts, { url, held }: Fetch, caller: Question["caller"]): Promise<PictureBytes> {
  return askService({
    replicas: deps.downloaders,
    path: "/fetch",
    contentType: "application/json",
    body: JSON.stringify({ url }),
    caller,
    tracing: deps.tracing,
    timeoutMs: FETCH_TIMEOUT_MS,
    unavailable: "downloader_unavailable",
    async read(answer) {
      try {
        held.use(deps.fetched.take(Number(answer.headers["content-length"] ?? MAX_PICTURE_BYTES)));
      } catch (busy) {
        answer.cancel();
        throw busy;
      }
      return answer.bytes();
    },
  });
}

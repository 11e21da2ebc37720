// What people without a key are answered by an alias that was made public. A private one is not told from one that does not exist.
import type { Alias, PublicAccess } from "@ursa/contracts/alias";
import { Problem } from "@ursa/contracts/problem";
import { MAX_PICTURE_BYTES } from "@ursa/contracts/routes/predictions";
import { createByteBudget, expectedBytes } from "@ursa/http/byte-budget";
import { dropPage, dropPageScript } from "@ursa/http/drop-page";
import type { BytesBody, RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { classify } from "./classify.ts";
import type { Dependencies } from "./dependencies.ts";

type Address = { namespace: string; name: string };
type PublicAlias = Alias & { public: PublicAccess };

/** 20 MiB at 3 Mbit/s, as for every body that is kept whole. */
const BODY_MS = 60_000;
/** A browser asks again after this long whether a page of another site may ask: that soon it is private for pages that were open. */
const PREFLIGHT_S = "60";

export function publicAliasHandlers(deps: Dependencies): Handlers {
  const budget = createByteBudget();
  const parts = { ...deps, fetched: budget };
  const script = dropPageScript();
  return {
    publicScript: async () => ({ contentType: "text/javascript; charset=utf-8", body: script }),
    async publicPage({ params, request }) {
      const { model } = await admit(deps, params, request);
      const { classes } = await deps.catalog.get("model", params.namespace, model);
      const body = dropPage({ classes, script: "../drop-page.js", classify: `${params.name}/classify` });
      return { contentType: "text/html; charset=utf-8", body };
    },
    async publicClassify({ params, body, request }) {
      try {
        const { model } = await admit(deps, params, request);
        using _held = budget.take(expectedBytes({ headers: request.headers }, MAX_PICTURE_BYTES));
        const picture = { bytes: await wholeOf(body) };
        const caller = { ...request, namespace: params.namespace };
        const {
          model: _model,
          alias: _alias,
          ...answer
        } = await classify(parts, { caller, model, tta: false, picture });
        return answer;
      } finally {
        body.stream.destroy();
      }
    },
    async publicPreflight({ params, request }) {
      allowOrigin(await readPublic(deps, params), request);
      request.answerHeaders({
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": PREFLIGHT_S,
      });
      return undefined;
    },
  };
}

/** Counts the request, before any of its body is read. @throws Problem not_found, rate_limited, queue_unavailable */
async function admit(deps: Dependencies, params: Address, request: RequestInfo): Promise<PublicAlias> {
  const alias = await readPublic(deps, params);
  allowOrigin(alias, request);
  const perMinute = alias.public.ratePerMinute;
  const what = `${params.namespace}/${params.name}`;
  const { retryAfterSeconds, ...state } = await deps.rateLimit.take(what, request.address, perMinute);
  request.limits.push({ name: "requests-per-minute", limit: perMinute, windowSeconds: 60, ...state });
  if (retryAfterSeconds === 0) return alias;
  const sentence = `At most ${perMinute} a minute come from one address: try again in ${retryAfterSeconds} s.`;
  throw new Problem("rate_limited", sentence, { extra: { retryAfterSeconds } });
}

/** Read anew each time, so that what was made private is private at once, at every replica. @throws Problem not_found */
async function readPublic({ aliases }: Dependencies, { namespace, name }: Address): Promise<PublicAlias> {
  const alias = await aliases.get(namespace, name);
  if (alias.public) return { ...alias, public: alias.public };
  throw new Problem("not_found", `There is no alias ${name}.`);
}

/** A refusal has it too, else the page that asked could not read it. Without it a browser keeps the answer from that page. */
function allowOrigin({ public: { origins } }: PublicAlias, { headers, answerHeaders }: RequestInfo): void {
  const { origin } = headers;
  answerHeaders({ vary: "origin" });
  if (origin !== undefined && origins.includes(origin))
    answerHeaders({
      "access-control-allow-origin": origin,
      "access-control-expose-headers": "retry-after, ratelimit, ratelimit-policy",
    });
}

async function wholeOf({ stream }: BytesBody): Promise<Buffer<ArrayBuffer>> {
  const late = AbortSignal.timeout(BODY_MS);
  try {
    const bytes = Buffer.concat(await stream.toArray({ signal: late }));
    if (bytes.length > 0) return bytes;
    throw new Problem("invalid_request", "A picture was expected, and the body is empty.");
  } catch (error) {
    if (!late.aborted) throw error;
    throw new Problem("request_timeout", `The picture was not complete after ${BODY_MS / 1000} s.`, { cause: error });
  }
}

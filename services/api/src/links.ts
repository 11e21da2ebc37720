// Downloads without a key. Where clients reach the store by themselves a link leads there, else the API answers it.
import { createLinks, type Links, type LinkTarget } from "@ursa/catalog/links";
import type { Link } from "@ursa/contracts/link";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import type { PresignOptions } from "@ursa/store/object-store";
import type { Dependencies } from "./dependencies.ts";
import { ARTIFACT_TYPE, findArtifact, sendArtifact } from "./models.ts";
import { RESULTS_TYPE, resultsOf, resultsToSend } from "./predictions.ts";

export function linkHandlers(deps: Dependencies): Handlers {
  const { catalog } = deps;
  const links = createLinks(deps.store);
  const makeLink = makerOfLinks(deps, links);
  return {
    async createArtifactLink({ params: { id, stage, name }, query, request }) {
      const { namespace } = request;
      const { key } = findArtifact(await catalog.get("model", namespace, id), { stage, name });
      const target = { what: "artifact", namespace, id, stage, name } as const;
      const stored = { key, fileName: name, contentType: ARTIFACT_TYPE };
      return makeLink(request, { target, seconds: query.expiresInSeconds, stored });
    },
    async createResultsLink({ params: { id }, query: { format, expiresInSeconds: seconds }, request }) {
      const { namespace } = request;
      const { key } = resultsToSend(await catalog.get("prediction", namespace, id));
      const target = { what: "results", namespace, id, format } as const;
      // A CSV is written while it is sent, so the store has none.
      const stored = { key, fileName: `${id}.${format}`, contentType: RESULTS_TYPE[format] };
      return makeLink(request, { target, seconds, ...(format === "csv" ? {} : { stored }) });
    },
    async openLink({ params }) {
      const target = await links.open(params.link);
      const { namespace, id } = target;
      if (target.what === "results")
        return resultsOf(deps, await catalog.get("prediction", namespace, id), target.format);
      return sendArtifact(deps, await catalog.get("model", namespace, id), target);
    },
  };
}

/** `stored` is the object that is the same byte for byte, where there is one. */
type Wanted = {
  target: LinkTarget;
  seconds: number;
  stored?: { key: string } & Pick<PresignOptions, "fileName" | "contentType">;
};

const makerOfLinks =
  ({ store, log }: Dependencies, links: Links) =>
  async (request: RequestInfo, { target, seconds, stored }: Wanted): Promise<Link> => {
    // Whole seconds, which is all that S3 counts in.
    const from = new Date(Math.floor(Date.now() / 1000) * 1000);
    const until = new Date(from.getTime() + seconds * 1000);
    const presigned = stored && (await store.presign?.(stored.key, { from, seconds, ...stored }));
    const url = presigned ?? `/v1/links/${await links.seal(target, until)}`;
    const expiresAt = until.toISOString();
    // Who opens it cannot be told later; who made it can.
    log.info({ requestId: request.id, keyId: request.caller.keyId, target, expiresAt }, "a link was made");
    return { url, expiresAt };
  };

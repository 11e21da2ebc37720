// The pages for people: `/`, `/status`, `/docs`, and `/openapi.json`.
import { openapi } from "@ursa/contracts/openapi";
import { allows } from "@ursa/contracts/scopes";
import { docsPage } from "@ursa/http/docs-page";
import type { Handlers } from "@ursa/http/server";
import type { Dependencies } from "./dependencies.ts";
import { statusPage } from "./status-page.ts";
import { listSweeps } from "./sweeps.ts";

/** The page is for looking when something is wrong, so it shows itself without Redis too. */
const queuesOf = ({ producer }: Dependencies) => producer.counts().catch(() => "away" as const);

/** @param version the product's version, shown on the pages */
export function pageHandlers(deps: Dependencies, version: string): Handlers {
  const description = openapi(version);
  const docs = docsPage(description);
  const json = JSON.stringify(description, null, 2);
  return {
    openapi: async () => ({ contentType: "application/json", body: Buffer.from(json) }),
    docs: async () => ({ contentType: "text/html; charset=utf-8", body: Buffer.from(docs) }),
    home: async ({ request }) => deps.web.page(request.headers),
    async statusPage({ request }) {
      const recent = { limit: 8 };
      const [datasets, models, sweeps, predictions, evaluations, inspections, regressions, aliases, queues] =
        await Promise.all([
          deps.catalog.list("dataset", request.namespace, recent),
          deps.catalog.list("model", request.namespace, recent),
          listSweeps(deps, request.namespace, recent),
          deps.catalog.list("prediction", request.namespace, recent),
          deps.catalog.list("evaluation", request.namespace, recent),
          deps.catalog.list("inspection", request.namespace, recent),
          deps.catalog.list("regression", request.namespace, recent),
          deps.aliases.list(request.namespace),
          allows(request.caller.scopes, "operate") ? queuesOf(deps) : undefined,
        ]);
      const page = statusPage({
        version,
        datasets: datasets.items,
        models: models.items,
        sweeps: sweeps.items,
        predictions: predictions.items,
        evaluations: evaluations.items,
        inspections: inspections.items,
        regressions: regressions.items,
        aliases,
        queues,
        takesUploads: request.caller.keyId === undefined,
      });
      return { contentType: "text/html; charset=utf-8", body: Buffer.from(page) };
    },
  };
}

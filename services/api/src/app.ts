// Every route of the table that a handler answers; /livez, /readyz and /metrics are the server's own.
import { readFileSync } from "node:fs";
import type { Handlers } from "@ursa/http/server";
import { aliasHandlers } from "./aliases.ts";
import { classifyHandlers } from "./classify.ts";
import { comparisonHandlers } from "./comparisons.ts";
import { versionHandlers } from "./dataset-versions.ts";
import { datasetHandlers } from "./datasets.ts";
import type { Dependencies } from "./dependencies.ts";
import { editHandlers } from "./edits.ts";
import { evaluationHandlers } from "./evaluations.ts";
import { heatMapHandlers } from "./heat-maps.ts";
import { inspectionHandlers } from "./inspections.ts";
import { interpretationHandlers } from "./interpretations.ts";
import { itemHandlers } from "./items.ts";
import { keyHandlers } from "./keys.ts";
import { linkHandlers } from "./links.ts";
import { modelHandlers } from "./models.ts";
import { operatorHandlers } from "./operations/handlers.ts";
import { pageHandlers } from "./pages.ts";
import { aliasesThatPoint, catalogThatPoints } from "./point-to-lists.ts";
import { predictionHandlers } from "./predictions.ts";
import { publicAliasHandlers } from "./public-aliases.ts";
import { createRecordLooks } from "./record-looks.ts";
import { regressionHandlers } from "./regressions.ts";
import { shownBatchHandlers } from "./show-batch.ts";
import { sweepHandlers } from "./sweeps.ts";
import { uploadHandlers } from "./uploads.ts";
import { usageHandlers } from "./usage.ts";
import { webhookHandlers } from "./webhooks.ts";

export function createApp(given: Omit<Dependencies, "looks">): Handlers {
  const catalog = catalogThatPoints(given.catalog);
  const parts = { ...given, looks: createRecordLooks(catalog) };
  const deps = { ...parts, catalog, aliases: aliasesThatPoint(given.aliases) };
  return {
    ...uploadHandlers(deps),
    ...datasetHandlers(deps),
    ...editHandlers(deps),
    ...versionHandlers(deps),
    ...itemHandlers(deps),
    ...shownBatchHandlers(deps),
    ...modelHandlers(deps),
    ...interpretationHandlers(deps),
    ...heatMapHandlers(deps),
    ...comparisonHandlers(deps),
    ...sweepHandlers(deps),
    ...aliasHandlers(deps),
    ...publicAliasHandlers(parts),
    ...predictionHandlers(deps),
    ...evaluationHandlers(deps),
    ...inspectionHandlers(deps),
    ...regressionHandlers(deps),
    ...classifyHandlers(deps),
    ...linkHandlers(deps),
    ...keyHandlers(deps),
    ...usageHandlers(deps),
    ...webhookHandlers(deps),
    ...operatorHandlers(deps),
    ...pageHandlers(deps, version()),
  };
}

function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return manifest.version;
}

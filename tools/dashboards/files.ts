// Writes deploy/grafana/dashboards from the descriptions beside this file: `node tools/dashboards/files.ts`.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { renderDashboard } from "./dashboard.ts";
import { inference } from "./inference.ts";
import { overview } from "./overview.ts";
import { pipeline } from "./pipeline.ts";
import { training } from "./training.ts";

export const dashboards = [overview, pipeline, training, inference];

/** The files by path from the root of the repository. */
export function dashboardFiles(): Record<string, string> {
  return Object.fromEntries(
    dashboards.map((dashboard) => {
      const path = `deploy/grafana/dashboards/${dashboard.uid.replace("ursa-", "")}.json`;
      return [path, `${JSON.stringify(renderDashboard(dashboard), null, 2)}\n`];
    }),
  );
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(dashboardFiles()))
    writeFileSync(resolve(import.meta.dirname, "../..", path), text);
}

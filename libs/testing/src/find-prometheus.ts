// Finds Prometheus and promtool to run privately: on the PATH, or Debian's package unpacked under .ursa/tools as .ci/run does.
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";

export type PrometheusPrograms = { prometheus: string; promtool: string };

const UNPACKED = resolve(import.meta.dirname, "../../../.ursa/tools/prometheus/usr/bin");

/** Undefined where one of the two is missing. */
export async function findPrometheus(): Promise<PrometheusPrograms | undefined> {
  const dirs = [...(process.env.PATH ?? "").split(delimiter).filter((dir) => dir !== ""), UNPACKED];
  for (const dir of dirs) {
    const programs = { prometheus: join(dir, "prometheus"), promtool: join(dir, "promtool") };
    const found = Object.values(programs).map((path) => access(path, constants.X_OK));
    if ((await Promise.allSettled(found)).every(({ status }) => status === "fulfilled")) return programs;
  }
  return undefined;
}

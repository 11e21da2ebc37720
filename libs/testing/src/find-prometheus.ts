// Finds Prometheus, promtool and amtool to run privately: on the PATH, or Debian's package unpacked under .ursa/tools as .ci/run does.
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";

export type PrometheusPrograms = { prometheus: string; promtool: string };

const UNPACKED = resolve(import.meta.dirname, "../../../.ursa/tools/prometheus/usr/bin");

/** Undefined where one of the two is missing. */
export const findPrometheus = (): Promise<PrometheusPrograms | undefined> => findTogether(["prometheus", "promtool"]);

/** Where alertmanager's tool is; undefined where it is missing. */
export const findAmtool = async (): Promise<string | undefined> => (await findTogether(["amtool"]))?.amtool;

/** Paths by name, all of one folder. */
async function findTogether<Name extends string>(names: Name[]): Promise<Record<Name, string> | undefined> {
  const dirs = [...(process.env.PATH ?? "").split(delimiter).filter((dir) => dir !== ""), UNPACKED];
  for (const dir of dirs) {
    const paths = names.map((name) => [name, join(dir, name)] as const);
    const found = paths.map(([, path]) => access(path, constants.X_OK));
    const isWhole = (await Promise.allSettled(found)).every(({ status }) => status === "fulfilled");
    // Made of exactly the names.
    if (isWhole) return Object.fromEntries(paths) as Record<Name, string>;
  }
  return undefined;
}

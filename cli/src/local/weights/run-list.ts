// `ursa weights list`.
import { stat } from "node:fs/promises";
import {
  type BackboneName,
  type FoundWeights,
  findWeights,
  type RegistryEntry,
  registryEntry,
} from "@ursa/classifier/weights-registry";
import { BACKBONES } from "@ursa/contracts/recipe";
import { type Printer, table } from "../../print.ts";
import { weightsDir } from "./weights-dir.ts";

/** Characters of a sha256 that a table has room for; --json has all of them. */
const SHORT = 12;

export async function runList(print: Printer): Promise<void> {
  const dir = weightsDir();
  const all = await Promise.all(BACKBONES.map((name) => describe(name, dir)));
  const rows = all.map(({ name, state, bytes, sha256, licence, source }) => [
    ...[name, state, bytes === undefined ? "" : `${(bytes / 1e6).toFixed(1)}`],
    ...[sha256?.slice(0, SHORT) ?? "", licence, source],
  ]);
  const text = table(["backbone", "state", "MB", "sha256", "licence", "source"], rows);
  const isComplete = all.every(({ state }) => state !== "absent");
  const remedy =
    "Add absent ones with `ursa weights add NAME FILE|URL`; `ursa weights add --help` says how to make the file.";
  print.answer(all, [text, "", `Added weights lie in ${dir}.`, ...(isComplete ? [] : [remedy])].join("\n"));
}

type Row = Pick<RegistryEntry, "source" | "licence"> &
  Partial<Omit<FoundWeights, "path">> & { name: BackboneName; state: "ships" | "added" | "absent"; bytes?: number };

async function describe(name: BackboneName, dir: string): Promise<Row> {
  const { shipped, source, licence } = registryEntry(name);
  const found = await findWeights(name, dir);
  const bytes = found && (await stat(found.path).catch(() => undefined))?.size;
  if (!found || bytes === undefined) return { name, state: "absent", source, licence };
  const { sha256, from } = found;
  return { name, state: shipped ? "ships" : "added", bytes, sha256, source, licence, ...(from ? { from } : {}) };
}

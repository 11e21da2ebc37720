// `ursa model export`.
import { createHash } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXPORT_FILES, exportReadme, withTemperature } from "@ursa/classifier/exchange/model-export";
import { writeZip, type ZipEntry } from "@ursa/classifier/exchange/zip";
import { parseCard } from "@ursa/classifier/predict";
import { type Artifact, type Model, STAGES, type StageName } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import type { Session } from "../../connect.ts";
import { Failure } from "../../failure.ts";

export type ExportOptions = { stage?: StageName; out?: string };

/** @throws Failure when the stage is not there, or a file is not the one that was recorded */
export async function runExport(session: Session, id: string, options: ExportOptions): Promise<void> {
  const model = await session.client.call("getModel", { params: { id } });
  const { stage, artifacts } = filesOf(model, options.stage);
  const out = options.out ?? `${id}-${stage}`;
  const files: ZipEntry[] = [];
  for (const artifact of artifacts) {
    session.print.note(`fetching ${artifact.name} (${(artifact.bytes / 1e6).toFixed(1)} MB)`);
    files.push({ name: artifact.name, bytes: await fetchFile(session, id, artifact) });
  }
  const described = files.find(({ name }) => name === "model.json");
  const temperature = await temperatureOf(session, model, stage);
  if (described && temperature) described.bytes = withTemperature(described.bytes, temperature);
  const card = parseCard(described?.bytes ?? new Uint8Array());
  files.push({ name: "README.md", bytes: Buffer.from(exportReadme(card)) });
  await (out.toLowerCase().endsWith(".zip") ? saveZip(out, files) : saveFolder(out, files));
  const written = files.map(({ name, bytes }) => ({ name, bytes: bytes.byteLength }));
  session.print.answer(
    { model: id, stage, out, files: written },
    `${stage} of ${id} is in ${out}; its README.md says how to use it.`,
  );
}

/** What was fitted on the validation pictures when the stage was interpreted; undefined where it was not, or nothing could be fitted. */
async function temperatureOf({ client }: Session, { id, interpretations }: Model, stage: StageName) {
  if (!interpretations?.[stage]) return undefined;
  const interpreted = await client.call("getInterpretation", { params: { id }, query: { stage } }).catch((error) => {
    // It was deleted since.
    if (error instanceof Problem && error.code === "not_found") return undefined;
    throw error;
  });
  return interpreted?.result?.temperature;
}

/** The stage asked for, or the latest with all its files. */
function filesOf(
  { id, state, artifacts }: Model,
  wanted: StageName | undefined,
): { stage: StageName; artifacts: Artifact[] } {
  const complete = STAGES.toReversed().flatMap((stage) => {
    const files = EXPORT_FILES.flatMap(
      (name) => artifacts.find((file) => file.stage === stage && file.name === name) ?? [],
    );
    // Models of earlier versions have none.
    const explanation = artifacts.filter((file) => file.stage === stage && file.name === "explain.onnx");
    return files.length === EXPORT_FILES.length ? [{ stage, artifacts: [...files, ...explanation] }] : [];
  });
  const found = wanted ? complete.find(({ stage }) => stage === wanted) : complete[0];
  if (found) return found;
  const has =
    complete.length > 0 ? `it has ${complete.map(({ stage }) => stage).join(" and ")}` : "no stage is finished";
  throw new Failure(`${id} is ${state} and there is no ${wanted ?? "stage"} to export: ${has}.`);
}

async function fetchFile({ client }: Session, id: string, { stage, name, sha256 }: Artifact): Promise<Uint8Array> {
  const response = await client.call("getArtifact", { params: { id, stage, name } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual === sha256) return bytes;
  throw new Failure(
    `${name} came with sha256 ${actual}, recorded is ${sha256}: it is damaged in the store or on the way; nothing was written.`,
  );
}

async function saveFolder(folder: string, files: readonly ZipEntry[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, bytes } of files) await writeFile(join(folder, name), bytes);
}

/** It appears when all of it is there. */
async function saveZip(path: string, files: readonly ZipEntry[]): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  try {
    await writeFile(unfinished, writeZip(files));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

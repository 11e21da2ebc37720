// `ursa model import`.
import { openAsBlob } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { EXPORT_FILES } from "@ursa/classifier/exchange/model-export";
import { writeZip } from "@ursa/classifier/exchange/zip";
import type { Session } from "../../connect.ts";
import { Failure } from "../../failure.ts";

export type ImportOptions = { source: string; name: string | undefined };

/** @throws Failure when the source is not there, Problem bad_model when it is not taken */
export async function runImport({ client, print }: Session, { source, name }: ImportOptions): Promise<void> {
  const body = await archiveOf(source);
  print.note(`uploading ${(body.size / 1e6).toFixed(1)} MB, which are then checked`);
  const query = name === undefined ? {} : { name };
  const model = await client.call("importModel", { query, body });
  const { model: origin, stage } = model.imported ?? {};
  const what = `${model.id}  ready  ${model.classes.join(", ")}  (${stage} of ${origin})`;
  print.answer(model, `${what}\nServe it: ursa alias set NAME@production ${model.id}`);
}

async function archiveOf(source: string): Promise<Blob> {
  const info = await stat(source).catch((cause) => {
    throw new Failure(`There is no file or folder ${source}.`, { exitCode: 2, cause });
  });
  if (!info.isDirectory()) return openAsBlob(source, { type: "application/zip" });
  const entries = EXPORT_FILES.map(async (name) => ({
    name,
    bytes: await readFile(join(source, name)).catch(absent(source, name)),
  }));
  // Pieces of files and fresh buffers: none is shared memory, which Blob does not take.
  return new Blob(writeZip(await Promise.all(entries)) as Uint8Array<ArrayBuffer>[], { type: "application/zip" });
}

const absent = (source: string, name: string) => (cause: unknown) => {
  throw new Failure(`${source} has no ${name}; \`ursa model export\` writes ${EXPORT_FILES.join(", ")}.`, {
    exitCode: 2,
    cause,
  });
};

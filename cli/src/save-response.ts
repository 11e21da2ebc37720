// A download, to a file or to standard output.
import { createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Failure } from "./failure.ts";
import type { Printer } from "./print.ts";

/** @param out a path, which appears when all of it is there; standard output when undefined */
export async function saveResponse(response: Response, out: string | undefined, print: Printer): Promise<void> {
  if (!response.body) return;
  const body = Readable.fromWeb(response.body);
  if (out === undefined) return pipeline(body, process.stdout, { end: false });
  // A device or a pipe takes the bytes as they come.
  const there = await stat(out).catch(() => undefined);
  if (there && !there.isFile()) return pipeline(body, createWriteStream(out));
  const unfinished = `${out}.${process.pid}.part`;
  try {
    await pipeline(body, createWriteStream(unfinished));
    await rename(unfinished, out);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw unwritable(error, out);
  }
  print.note(`saved ${out}`);
}

const REASONS: Record<string, string> = {
  ENOENT: "there is no such folder",
  ENOTDIR: "there is no such folder",
  EACCES: "it is not yours to write",
  EROFS: "it is on a read-only disk",
  ENOSPC: "the disk is full",
};

/** The system names the file that was being written, which nobody has heard of. */
function unwritable(error: unknown, out: string): unknown {
  const reason = error instanceof Error && "code" in error ? REASONS[String(error.code)] : undefined;
  return reason ? new Failure(`${out} cannot be written: ${reason}.`, { cause: error }) : error;
}

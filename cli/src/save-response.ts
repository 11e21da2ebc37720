// A download, to a file or to standard output.
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Printer } from "./print.ts";

/** @param out a path; standard output when undefined */
export async function saveResponse(response: Response, out: string | undefined, print: Printer): Promise<void> {
  if (!response.body) return;
  const body = Readable.fromWeb(response.body);
  if (out === undefined) return pipeline(body, process.stdout, { end: false });
  await pipeline(body, createWriteStream(out));
  print.note(`saved ${out}`);
}

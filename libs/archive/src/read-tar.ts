// The files of a tar, read through once: where each lies, so that it can be read by itself later.
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Problem } from "@ursa/contracts/problem";
import { type Extract, extract, type Header } from "tar-stream";
import { badArchive, checkCount, checkedPath, checkUnpacked, type ListedFile } from "./listed-file.ts";

/** Headers, long names, and files of few bytes: a tar is made of blocks of 512. */
const LEFT_OUT = new Set<string>([
  "directory",
  "pax-header",
  "pax-global-header",
  "gnu-long-path",
  "gnu-long-link-path",
]);

/**
 * Files in the order in which they stand. @param name what errors call the archive
 * @throws Problem bad_archive (damaged, cut short, unsafe names), payload_too_large, and what the stream throws
 */
export async function readTar(stream: Readable, name: string): Promise<ListedFile[]> {
  const archive = extract();
  let failure: unknown;
  stream.on("error", (error) => {
    failure = error;
  });
  const reading = pipeline(stream, archive);
  // Met below; until then it must not count as unhandled.
  reading.catch(() => {});
  try {
    const files = await listFiles(archive, name);
    await reading;
    const unpacked = files.reduce((sum, { place }) => sum + place.bytes, 0);
    checkUnpacked(name, unpacked, files.at(-1)?.place.end ?? 0);
    return files;
  } catch (cause) {
    stream.destroy();
    if (failure) throw failure;
    if (cause instanceof Problem) throw cause;
    const fault = `cannot be read as a tar: ${cause instanceof Error ? cause.message : cause}`;
    throw badArchive(name, { fault, remedy: "it may be cut short; upload it again", cause });
  }
}

async function listFiles(archive: Extract, name: string): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  let count = 0;
  for await (const entry of archive) {
    count += 1;
    checkCount(name, count);
    const file = fileOf(entry.header, name);
    if (file) files.push(file);
    entry.resume();
  }
  return files;
}

function fileOf(header: Header, name: string): ListedFile | undefined {
  const { type = "file", size = 0 } = header;
  if (LEFT_OUT.has(type)) return undefined;
  // Which the types of tar-stream leave out.
  const start: unknown = Reflect.get(header, "byteOffset");
  if (typeof start !== "number") throw new TypeError("tar-stream no longer says where an entry lies");
  const isLink = type !== "file" && type !== "contiguous-file";
  return { path: checkedPath(name, header.name), isLink, place: { start, end: start + size, bytes: size } };
}

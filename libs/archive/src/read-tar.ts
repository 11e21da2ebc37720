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

/** Of headers that belong to one file, such as a long name; tar-stream takes no single one above 4 MiB. Padding at the end is as long. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
/** That a header says of one file, or of all. Those of all are copied for each, so a hundred thousand of them cost a second a file. */
const MAX_ATTRIBUTES = 256;

/** How much was read of it, and where the file that is read ends. In bytes. */
type Course = { read: number; end: number };

/**
 * Files in the order in which they stand. @param name what errors call the archive
 * @throws Problem bad_archive (damaged, cut short, unsafe names), payload_too_large, and what the stream throws
 */
export async function readTar(stream: Readable, name: string): Promise<ListedFile[]> {
  const archive = boundAttributes(extract(), name);
  let failure: unknown;
  stream.on("error", (error) => {
    failure = error;
  });
  const course: Course = { read: 0, end: 0 };
  const reading = pipeline(stream, (chunks: AsyncIterable<Buffer>) => withFiles(chunks, course, name), archive);
  // Met below; until then it must not count as unhandled.
  reading.catch(() => {});
  try {
    const files = await listFiles(archive, course, name);
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

/** What is all headers and no file would be read to its end, however long that is. */
async function* withFiles(chunks: AsyncIterable<Buffer>, course: Course, name: string): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    course.read += chunk.length;
    if (course.read > course.end + MAX_HEADER_BYTES + chunk.length)
      throw badArchive(name, {
        fault: `has ${MAX_HEADER_BYTES / 2 ** 20} MiB without a file`,
        remedy: "pack the folder anew",
      });
    yield chunk;
  }
}

/** tar-stream has no such limit, and tells of attributes only together with the file that they were copied for. */
function boundAttributes(archive: Extract, name: string): Extract {
  const decode: unknown = Reflect.get(archive, "_decodeLongHeader");
  if (typeof decode !== "function") throw new TypeError("tar-stream no longer decodes attributes where it did");
  Reflect.set(archive, "_decodeLongHeader", (bytes: Buffer) => {
    decode.call(archive, bytes);
    const said = [Reflect.get(archive, "_pax"), Reflect.get(archive, "_paxGlobal")];
    if (said.every((one) => Object.keys(one ?? {}).length <= MAX_ATTRIBUTES)) return;
    const fault = `says more than ${MAX_ATTRIBUTES} attributes of a file`;
    throw badArchive(name, { fault, remedy: "pack the folder anew" });
  });
  return archive;
}

async function listFiles(archive: Extract, course: Course, name: string): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  let count = 0;
  for await (const entry of archive) {
    count += 1;
    checkCount(name, count);
    const file = fileOf(entry.header, name);
    course.end = endOf(entry.header);
    if (file) files.push(file);
    entry.resume();
  }
  return files;
}

/** Which the types of tar-stream leave out. */
function startOf(header: Header): number {
  const start: unknown = Reflect.get(header, "byteOffset");
  if (typeof start !== "number") throw new TypeError("tar-stream no longer says where an entry lies");
  return start;
}

const endOf = (header: Header): number => startOf(header) + (header.size ?? 0);

function fileOf(header: Header, name: string): ListedFile | undefined {
  const { type = "file", size = 0 } = header;
  if (LEFT_OUT.has(type)) return undefined;
  const start = startOf(header);
  const isLink = type !== "file" && type !== "contiguous-file";
  return { path: checkedPath(name, header.name), isLink, place: { start, end: start + size, bytes: size } };
}

// The directory of a zip, by ranged reads: where each file lies, and nothing of the files themselves.
import type { ArchiveEntry } from "@ursa/contracts/archive";
import { Problem } from "@ursa/contracts/problem";
import { type Entry, fromRandomAccessReaderPromise, type ZipFile } from "yauzl";
import { createBlockReader } from "./block-reader.ts";
import { type ByteSource, badArchive, checkCount, checkedPath, checkUnpacked, type ListedFile } from "./listed-file.ts";

/** Of a local header, without the name and the extra field behind it. */
const LOCAL_BYTES = 30;
const MAX_NAME_AND_EXTRA = 2 * 0xffff;
const [STORED, DEFLATED] = [0, 8] as const;
/** APPNOTE 4.4.2.2: the upper byte of "version made by", under which Unix modes stand in the external attributes. */
const UNIX = 3;
const [FILE_TYPE, SYMLINK] = [0xf000, 0xa000];
/** Names, extra fields and comments of all files; 250,000 with long names need a quarter of it. */
const MAX_DIRECTORY_BYTES = 128 * 2 ** 20;
const DIRECTORY_ENTRY_BYTES = 46;

/** What is kept of a directory's entry: comments and extra fields may have 64 KiB each. */
type Placed = { path: string; isFolder: boolean; isLink: boolean; packedBytes: number; place: PlaceInZip };
type PlaceInZip = Omit<ArchiveEntry, "archive">;

/**
 * Files in the order of the directory. @param name what errors call the archive
 * @throws Problem bad_archive (damaged, encrypted, files that overlap or unpack to far too much, unsafe names), payload_too_large
 */
export async function readZip(source: ByteSource, name: string): Promise<ListedFile[]> {
  const reader = createBlockReader(source);
  try {
    const zip = await fromRandomAccessReaderPromise(reader, source.size, {
      autoClose: false,
      validateEntrySizes: false,
    });
    return placed(await readEntries(zip, name), { name, size: source.size });
  } catch (cause) {
    // What the store threw is no fault of the archive.
    if (reader.failure) throw reader.failure;
    if (cause instanceof Problem) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw badArchive(name, {
      fault: `cannot be read as a zip: ${reason}`,
      remedy: "it may be cut short; upload it again",
      cause,
    });
  }
}

async function readEntries(zip: ZipFile, name: string): Promise<Placed[]> {
  checkCount(name, zip.entryCount);
  const entries: Placed[] = [];
  let directoryBytes = 0;
  for await (const entry of zip.eachEntry()) {
    const { fileNameLength, extraFieldLength, fileCommentLength } = entry;
    directoryBytes += DIRECTORY_ENTRY_BYTES + fileNameLength + extraFieldLength + fileCommentLength;
    if (directoryBytes > MAX_DIRECTORY_BYTES)
      throw badArchive(name, { fault: "has a directory of more than 128 MiB", remedy: "pack it anew" });
    checkReadable(entry, name);
    checkCount(name, entries.push(slim(entry, name)));
  }
  return entries;
}

function slim(entry: Entry, name: string): Placed {
  const isFolder = entry.fileName.endsWith("/");
  const path = isFolder ? "" : checkedPath(name, entry.fileName);
  const { compressedSize: packedBytes } = entry;
  return { path, isFolder, isLink: isLink(entry), packedBytes, place: placeOf(entry) };
}

function checkReadable(entry: Entry, name: string): void {
  const shown = JSON.stringify(entry.fileName.slice(0, 100));
  if (entry.isEncrypted())
    throw badArchive(name, { fault: `is encrypted (${shown})`, remedy: "pack it without a password" });
  const { compressionMethod: method } = entry;
  if (method !== STORED && method !== DEFLATED)
    throw badArchive(name, {
      fault: `has ${shown} compressed by method ${method}`,
      remedy: "pack it as a plain (deflated) zip",
    });
}

/** A file ends where the next one begins: two that share bytes are how a small zip is made to unpack to a huge one. */
function placed(entries: readonly Placed[], { name, size }: { name: string; size: number }): ListedFile[] {
  let next = size;
  for (const { path, place, packedBytes } of entries.toSorted((a, b) => b.place.start - a.place.start)) {
    if (place.start + LOCAL_BYTES + packedBytes > next)
      throw badArchive(name, {
        fault: `has files that overlap or end behind it (${JSON.stringify(path.slice(0, 100))})`,
        remedy: "pack it anew",
      });
    place.end = Math.min(next, place.end);
    next = place.start;
  }
  const files = entries.filter(({ isFolder }) => !isFolder);
  checkUnpacked(
    name,
    files.reduce((sum, { place }) => sum + place.bytes, 0),
    size,
  );
  return files.map(({ path, isLink, place }) => ({ path, isLink, place }));
}

/** Ends at the latest where its name and extra field are as long as can be: only its local header tells how long. */
function placeOf(entry: Entry): PlaceInZip {
  const { relativeOffsetOfLocalHeader: start, uncompressedSize: bytes, compressedSize: packedBytes, crc32 } = entry;
  const method = entry.compressionMethod === STORED ? STORED : DEFLATED;
  const end = start + LOCAL_BYTES + MAX_NAME_AND_EXTRA + packedBytes;
  return { start, end, bytes, zip: { method, packedBytes, crc32 } };
}

const isLink = ({ versionMadeBy, externalFileAttributes }: Entry): boolean =>
  versionMadeBy >> 8 === UNIX && ((externalFileAttributes >>> 16) & FILE_TYPE) === SYMLINK;

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

async function readEntries(zip: ZipFile, name: string): Promise<Entry[]> {
  checkCount(name, zip.entryCount);
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) {
    checkCount(name, entries.push(entry));
    checkReadable(entry, name);
  }
  return entries;
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
function placed(entries: readonly Entry[], { name, size }: { name: string; size: number }): ListedFile[] {
  const ends = new Map<Entry, number>();
  let next = size;
  for (const entry of entries.toSorted((a, b) => b.relativeOffsetOfLocalHeader - a.relativeOffsetOfLocalHeader)) {
    const { relativeOffsetOfLocalHeader: start, compressedSize } = entry;
    if (start + LOCAL_BYTES + compressedSize > next)
      throw badArchive(name, {
        fault: `has files that overlap or end behind it (${JSON.stringify(entry.fileName.slice(0, 100))})`,
        remedy: "pack it anew",
      });
    ends.set(entry, Math.min(next, start + LOCAL_BYTES + MAX_NAME_AND_EXTRA + compressedSize));
    next = start;
  }
  const files = entries.filter(({ fileName }) => !fileName.endsWith("/"));
  checkUnpacked(
    name,
    files.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0),
    size,
  );
  return files.map((entry) => ({
    path: checkedPath(name, entry.fileName),
    isLink: isLink(entry),
    place: placeOf(entry, ends.get(entry) ?? size),
  }));
}

function placeOf(entry: Entry, end: number): Omit<ArchiveEntry, "archive"> {
  const { relativeOffsetOfLocalHeader: start, uncompressedSize: bytes, compressedSize: packedBytes, crc32 } = entry;
  const method = entry.compressionMethod === STORED ? STORED : DEFLATED;
  return { start, end, bytes, zip: { method, packedBytes, crc32 } };
}

const isLink = ({ versionMadeBy, externalFileAttributes }: Entry): boolean =>
  versionMadeBy >> 8 === UNIX && ((externalFileAttributes >>> 16) & FILE_TYPE) === SYMLINK;

// What an archive lists, before anything of it is unpacked: names are data here, and never become paths of a disk.
import { type ArchiveEntry, MAX_ARCHIVE_ENTRIES } from "@ursa/contracts/archive";
import { Problem } from "@ursa/contracts/problem";
import { validateFileName } from "yauzl";

/** `path` has `/` between its parts. Folders are not listed. */
export type ListedFile = { path: string; isLink: boolean; place: Omit<ArchiveEntry, "archive"> };

/** Random access to an archive that lies somewhere. `read` gives exactly the bytes from `start` to `end`, or fails. */
export type ByteSource = { size: number; read(start: number, end: number): Promise<Buffer> };

const MAX_PATH = 1024;
/** All files of one archive: four hours of decoding for one core. */
const MAX_UNPACKED_BYTES = 64 * 2 ** 30;
/** Photographs hardly shrink. An archive that does more than this was made to. */
const MAX_RATIO = 100;

type Fault = { fault: string; remedy: string; cause?: unknown };

/** @param name of the archive, with which the sentence begins */
export const badArchive = (name: string, { fault, remedy, cause }: Fault): Problem =>
  new Problem("bad_archive", `${name} ${fault}; ${remedy}`, { cause });

/** @returns the name with `/` between its parts. @throws Problem bad_archive for one that leaves the archive's own folder */
export function checkedPath(archive: string, entry: string): string {
  const path = entry.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
  const isUnsafe = validateFileName(path) !== null || path.length > MAX_PATH || /\p{Cc}/u.test(path);
  if (!isUnsafe) return path.normalize("NFC");
  const shown = JSON.stringify(path.slice(0, 100));
  const remedy = "expected plain relative names; pack the folder anew";
  throw badArchive(archive, { fault: `has an entry that is named ${shown}`, remedy });
}

/** @throws Problem payload_too_large */
export function checkCount(archive: string, count: number): void {
  if (count <= MAX_ARCHIVE_ENTRIES) return;
  throw new Problem(
    "payload_too_large",
    `${archive} has more than ${MAX_ARCHIVE_ENTRIES} entries; make several archives of it.`,
  );
}

/** @throws Problem payload_too_large */
export function checkUnpackedBytes(archive: string, unpacked: number): void {
  if (unpacked <= MAX_UNPACKED_BYTES) return;
  throw new Problem(
    "payload_too_large",
    `${archive} unpacks to more than ${MAX_UNPACKED_BYTES / 2 ** 30} GiB; make several archives of it.`,
  );
}

/** @throws Problem payload_too_large, bad_archive for what unpacks to far more than it is */
export function checkUnpacked(archive: string, unpacked: number, packed: number): void {
  checkUnpackedBytes(archive, unpacked);
  // Some kilobytes may be anything, such as empty files.
  if (unpacked <= 2 ** 20 + packed * MAX_RATIO) return;
  const remedy = "no pictures do that; pack them anew";
  throw badArchive(archive, { fault: `unpacks to more than ${MAX_RATIO} times its size`, remedy });
}

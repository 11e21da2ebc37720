// A tar of files in memory. Same files, same bytes.
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";

export type TarFile = { name: string; bytes: Buffer };
/** Byte offsets; `end` is exclusive. */
export type FileRange = { start: number; end: number };

/** Tar is made of blocks of 512 bytes; a member is one block of header and its padded bytes. */
const BLOCK = 512;
// The epoch, so that what is packed twice is the same.
const MTIME = new Date(0);

/** @param files with ASCII names of at most 100 characters. @returns the tar, and where each file's bytes lie in it, in order */
export async function packTar(files: readonly TarFile[]): Promise<{ tar: Buffer; ranges: FileRange[] }> {
  const archive = pack();
  const whole = buffer(archive);
  const ranges: FileRange[] = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    archive.entry({ name, mtime: MTIME }, bytes);
    const start = offset + BLOCK;
    offset = start + Math.ceil(bytes.length / BLOCK) * BLOCK;
    ranges.push({ start, end: start + bytes.length });
  }
  archive.finalize();
  return { tar: await whole, ranges };
}

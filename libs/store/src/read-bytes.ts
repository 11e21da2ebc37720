// A span of a file into memory, hashed on the way: one piece is hashed while the next is read.
import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { ByteRange } from "./object-store.ts";

const PIECE_BYTES = 1 << 20;

/** Bytes `start` to `end` of the file, and their sha256 in lower-case hex; fewer where the file ends before. */
export async function readBytes(
  file: FileHandle,
  { start, end }: ByteRange,
): Promise<{ body: Buffer; sha256: string }> {
  const body = Buffer.allocUnsafe(end - start);
  const hash = createHash("sha256");
  const readFrom = (at: number) => file.read(body, at, Math.min(PIECE_BYTES, body.length - at), start + at);
  let [filled, pending] = [0, readFrom(0)];
  for (;;) {
    const { bytesRead } = await pending;
    const piece = body.subarray(filled, filled + bytesRead);
    filled += bytesRead;
    const isLast = bytesRead === 0 || filled === body.length;
    if (!isLast) pending = readFrom(filled);
    hash.update(piece);
    if (isLast) return { body: body.subarray(0, filled), sha256: hash.digest("hex") };
  }
}

// Zip archives of a few files: written without compression (weights do not shrink), read with distrust.
// Format: PKWARE's APPNOTE 6.3; no encryption, no zip64, no archive in parts.
import { crc32, inflateRawSync } from "node:zlib";

export type ZipEntry = { name: string; bytes: Uint8Array };
export type ZipLimits = {
  maxEntries: number;
  /** Of all entries together, unpacked. */
  maxBytes: number;
};

/** The bytes are no zip archive that can be read; the message says why, for a person. */
export class ZipError extends Error {
  override name = "ZipError";
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const [LOCAL_BYTES, CENTRAL_BYTES, END_BYTES] = [30, 46, 22];
const MAX_COMMENT = 0xffff;
const VERSION = 20;
/** Bit 11: names are UTF-8. */
const UTF8 = 0x800;
/** 1 January 1980, the earliest day there is: equal contents are equal bytes. */
const DAY = 0x21;

/** The archive in pieces, to be written or sent one after another. Equal entries give equal bytes. */
export function writeZip(entries: readonly ZipEntry[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const label = Buffer.from(name);
    const [crc, size] = [crc32(bytes), bytes.byteLength];
    const local = Buffer.alloc(LOCAL_BYTES);
    putFields(local, [LOCAL, VERSION, UTF8, 0, 0, DAY, crc, size, size, label.length, 0], "42222244422");
    const entry = Buffer.alloc(CENTRAL_BYTES);
    const fields = [CENTRAL, VERSION, VERSION, UTF8, 0, 0, DAY, crc, size, size, label.length, 0, 0, 0, 0, 0, offset];
    putFields(entry, fields, "42222224442222244");
    pieces.push(local, label, bytes);
    central.push(entry, label);
    offset += LOCAL_BYTES + label.length + size;
  }
  const centralBytes = central.reduce((sum, piece) => sum + piece.byteLength, 0);
  const end = Buffer.alloc(END_BYTES);
  putFields(end, [END, 0, 0, entries.length, entries.length, centralBytes, offset, 0], "42222442");
  return [...pieces, ...central, end];
}

/** Writes little-endian numbers one behind the other; `widths` has their sizes in bytes. */
function putFields(target: Buffer, values: readonly number[], widths: string): void {
  let at = 0;
  for (const [i, value] of values.entries()) at = target.writeUIntLE(value, at, Number(widths[i]));
}

/** Every file of the archive; folders are left out. @throws ZipError */
export function readZip(bytes: Uint8Array, { maxEntries, maxBytes }: ZipLimits): ZipEntry[] {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const heads = readDirectory(archive, maxEntries);
  const total = heads.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) throw new ZipError(`unpacked it has ${total} bytes, at most ${maxBytes} are taken`);
  return heads
    .filter(({ name }) => !name.endsWith("/"))
    .map((head) => ({ name: head.name, bytes: unpack(archive, head) }));
}

type Head = { name: string; method: number; crc: number; packed: number; size: number; offset: number };

function readDirectory(archive: Buffer, maxEntries: number): Head[] {
  const end = findEnd(archive);
  const [count, size, start] = [
    archive.readUInt16LE(end + 10),
    archive.readUInt32LE(end + 12),
    archive.readUInt32LE(end + 16),
  ];
  if (archive.readUInt16LE(end + 8) !== count) throw new ZipError("it is one of several parts");
  if (count > maxEntries) throw new ZipError(`it has ${count} entries, at most ${maxEntries} are taken`);
  if (start + size > end) throw new ZipError("its directory is cut short");
  const heads: Head[] = [];
  let at = start;
  for (let i = 0; i < count; i += 1) {
    const { head, next } = readHead(archive, at, end);
    heads.push(head);
    at = next;
  }
  return heads;
}

/** The end record lies last, but for a comment. */
function findEnd(archive: Buffer): number {
  const earliest = Math.max(0, archive.length - END_BYTES - MAX_COMMENT);
  for (let at = archive.length - END_BYTES; at >= earliest; at -= 1) {
    if (archive.readUInt32LE(at) === END) return at;
  }
  throw new ZipError("it has no end record: it is no zip archive, or cut short");
}

function readHead(archive: Buffer, at: number, end: number): { head: Head; next: number } {
  if (at + CENTRAL_BYTES > end || archive.readUInt32LE(at) !== CENTRAL) throw new ZipError("its directory is damaged");
  const [nameBytes, extra, comment] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field)) as [
    number,
    number,
    number,
  ]; // Three fields, three numbers.
  const next = at + CENTRAL_BYTES + nameBytes + extra + comment;
  if (next > end) throw new ZipError("its directory is damaged");
  const name = archive.toString("utf8", at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes);
  if (archive.readUInt16LE(at + 8) & 1) throw new ZipError(`${name} is encrypted`);
  const [crc, packed, size] = [16, 20, 24].map((field) => archive.readUInt32LE(at + field)) as [number, number, number]; // As above.
  const head = {
    name,
    method: archive.readUInt16LE(at + 10),
    crc,
    packed,
    size,
    offset: archive.readUInt32LE(at + 42),
  };
  return { head, next };
}

function unpack(archive: Buffer, { name, method, crc, packed, size, offset }: Head): Uint8Array {
  const isThere = offset + LOCAL_BYTES <= archive.length && archive.readUInt32LE(offset) === LOCAL;
  const start = isThere
    ? offset + LOCAL_BYTES + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28)
    : 0;
  if (!isThere || start + packed > archive.length) throw new ZipError(`${name} is not where the directory says`);
  const bytes = inflate(archive.subarray(start, start + packed), { name, method, size });
  if (bytes.byteLength !== size || crc32(bytes) !== crc) throw new ZipError(`${name} is damaged`);
  return bytes;
}

function inflate(packed: Buffer, { name, method, size }: Pick<Head, "name" | "method" | "size">): Uint8Array {
  if (method === 0) return packed;
  if (method !== 8) throw new ZipError(`${name} is compressed by method ${method}; stored and deflated files are read`);
  try {
    // One more than promised, so that a file that unpacks to more is seen to.
    return inflateRawSync(packed, { maxOutputLength: size + 1 });
  } catch (cause) {
    throw new ZipError(`${name} is damaged`, { cause });
  }
}

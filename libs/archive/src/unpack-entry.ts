// The bytes of one file of an archive, from the range in which it lies.
import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import type { ArchiveEntry } from "@ursa/contracts/archive";

/** The entry is not what the archive says of it; the message says why, for a person. */
export class EntryDamaged extends Error {
  override name = "EntryDamaged";
}

const inflate = promisify(inflateRaw);
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;

/**
 * Never gives more than the `bytes` that the archive's directory promised.
 * @param range the archive's bytes from `start` to `end`
 * @throws EntryDamaged
 */
export async function unpackEntry(range: Buffer, { bytes, zip }: Omit<ArchiveEntry, "archive">): Promise<Buffer> {
  if (!zip) return range;
  const packed = packedBytes(range, zip.packedBytes);
  const unpacked = zip.method === 0 ? packed : await inflated(packed, bytes);
  if (unpacked.length !== bytes) throw new EntryDamaged(`it has not the ${bytes} bytes that the zip promises`);
  if (crc32(unpacked) !== zip.crc32) throw new EntryDamaged("its checksum in the zip is another");
  return unpacked;
}

/** APPNOTE 4.3.7: the local header repeats the name, and its extra field may have another length than the directory's. */
function packedBytes(range: Buffer, length: number): Buffer {
  if (range.length < LOCAL_BYTES || range.readUInt32LE(0) !== LOCAL_SIGNATURE)
    throw new EntryDamaged("it is not where the zip says");
  const start = LOCAL_BYTES + range.readUInt16LE(26) + range.readUInt16LE(28);
  if (start + length > range.length) throw new EntryDamaged("it overlaps the next file of the zip");
  return range.subarray(start, start + length);
}

async function inflated(packed: Buffer, bytes: number): Promise<Buffer> {
  try {
    // One more than promised, so that a file that unpacks to more is seen to.
    return await inflate(packed, { maxOutputLength: bytes + 1 });
  } catch (cause) {
    throw new EntryDamaged("it cannot be unpacked", { cause });
  }
}

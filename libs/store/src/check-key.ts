// What a key may look like. Both drivers refuse the same keys, so a key that works in a folder works in a bucket.
import { type ByteRange, InvalidKey } from "./object-store.ts";

/** Bytes. S3 allows 1024 in all; the rest is left for a prefix. */
const MAX_KEY_BYTES = 900;
/** Bytes. Half of what a file name may have, because a folder that ignores case writes capitals as two characters. */
const MAX_SEGMENT_BYTES = 127;
/** A leading dot is refused: it covers "." and "..", and leaves hidden files to the system that made them. */
const SEGMENT = /^[A-Za-z0-9_=-][A-Za-z0-9._=-]*$/;

/** Throws InvalidKey unless `key` is "/"-separated segments of [A-Za-z0-9._=-], none empty, none starting with a dot. */
export function checkKey(key: string): void {
  if (key.length > MAX_KEY_BYTES)
    throw new InvalidKey(`A key has at most ${MAX_KEY_BYTES} bytes, this one ${key.length}`);
  for (const segment of key.split("/")) {
    if (!isSegment(segment)) {
      throw new InvalidKey(
        `Expected key segments of 1-${MAX_SEGMENT_BYTES} characters [A-Za-z0-9._=-] without a leading dot, got ${JSON.stringify(segment)} in ${JSON.stringify(key)}`,
      );
    }
  }
}

/** Like `checkKey`, for the beginning of a key: the last segment may be empty or unfinished. */
export function checkPrefix(prefix: string): void {
  if (prefix !== "") checkKey(prefix.endsWith("/") ? prefix.slice(0, -1) : prefix);
}

export function isSegment(name: string): boolean {
  return name.length <= MAX_SEGMENT_BYTES && SEGMENT.test(name);
}

/** Throws RangeError unless `range` is a non-empty span of whole numbers; the end is checked where the size is known. */
export function checkRange({ start, end }: ByteRange): void {
  if (!(Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start < end)) {
    throw new RangeError(`Expected a range with 0 <= start < end, got ${start} to ${end}`);
  }
}

/** The range, or the whole object. Throws RangeError when it reaches past the end: a short answer is never given. */
export function spanOf(key: string, size: number, range?: ByteRange): ByteRange {
  if (range === undefined) return { start: 0, end: size };
  if (range.end > size) {
    throw new RangeError(`Bytes ${range.start} to ${range.end} of ${key} were asked for, it has ${size}`);
  }
  return range;
}

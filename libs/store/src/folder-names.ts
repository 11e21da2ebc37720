// Keys as file names. Where the file system ignores case (macOS), a capital is written "!a", so "A" and "a" stay two keys.
import { isSegment } from "./check-key.ts";

export type FolderNames = {
  /** One key segment as a file name. */
  encode(segment: string): string;
  /** The segment a file name stands for; undefined for what is not ours: temporary files, locks, hidden files. */
  decode(name: string): string | undefined;
};

/** "~" cannot occur in a key, so nothing that starts with it is ever mistaken for an object. */
export const TEMP_PREFIX = "~tmp-";
export const LOCK_FOLDER = "~locks";

export function createFolderNames(ignoresCase: boolean): FolderNames {
  if (!ignoresCase) return { encode: (segment) => segment, decode: (name) => (isSegment(name) ? name : undefined) };
  return {
    encode: (segment) => segment.replace(/[A-Z]/g, (capital) => `!${capital.toLowerCase()}`),
    decode(name) {
      if (/[A-Z]/.test(name)) return undefined;
      const segment = name.replace(/!([a-z])/g, (_match, letter: string) => letter.toUpperCase());
      return isSegment(segment) ? segment : undefined;
    },
  };
}

// Whether something failed for want of space: a scratch file, a body on its way through a temporary folder, or a store in a folder.

/** No space, and no space left of a quota. */
const CODES = ["ENOSPC", "EDQUOT"];

/** Also where the file system's error is only the cause of another. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("code" in error && CODES.includes(String(error.code))) || isDiskFull(error.cause);
}

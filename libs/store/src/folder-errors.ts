// What the file system's errors mean to a user of the store.
import { InvalidKey, ObjectNotFound, StoreUnavailable } from "./object-store.ts";

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** The file is not there; a file where a folder was expected, or the reverse, says the same. */
export function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EISDIR"].includes(errorCode(error) ?? "");
}

/** Runs file system calls for `key`; what they throw comes out as an error of the store, with the original as cause. */
export async function onDisk<T>(doing: string, key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw translate(doing, key, cause);
  }
}

/** The store's word for an error of the file system; anything else comes back as it is. */
export function translate(doing: string, key: string, cause: unknown): unknown {
  const isOfFileSystem = cause instanceof Error && "syscall" in cause;
  if (!isOfFileSystem) return cause;
  const code = errorCode(cause);
  if (doing === "read" && isAbsent(cause)) return new ObjectNotFound(`There is no object ${key}`, { cause });
  if (code === "EISDIR" || code === "ENOTDIR" || code === "EEXIST" || code === "ENOTEMPTY") {
    return new InvalidKey(
      `${key} cannot be stored in a folder: one of it and another object's key is a folder of the other`,
      {
        cause,
      },
    );
  }
  const full = code === "ENOSPC" || code === "EDQUOT" ? ": the disk is full" : "";
  return new StoreUnavailable(`The store's folder could not ${doing} ${key}${full} (${cause.message})`, { cause });
}

// How many bytes a server holds in memory for bodies that it reads whole. Taken before a body is read, so that no number of
// clients can make it hold more; who comes too late is told to come back.
import type { IncomingMessage } from "node:http";
import { Problem } from "@ursa/contracts/problem";

export type ByteBudget = {
  /** Held until disposed. @throws Problem too_busy */
  take(bytes: number): Disposable;
};

/** A dozen of the largest pictures, or thousands of usual ones. A body is held about twice while it is passed on. */
export const MAX_HELD_BYTES = 256 * 1024 * 1024;

export function createByteBudget(totalBytes = MAX_HELD_BYTES): ByteBudget {
  let held = 0;
  return {
    take(bytes) {
      // Alone, anything may pass: it has a limit of its own.
      if (held > 0 && held + bytes > totalBytes) throw new Problem("too_busy");
      held += bytes;
      return {
        [Symbol.dispose]() {
          held -= bytes;
        },
      };
    },
  };
}

/** What a body may come to: as much as it declares, and all it may have when it comes in chunks. */
export function expectedBytes({ headers }: Pick<IncomingMessage, "headers">, maxBytes: number): number {
  if (headers["transfer-encoding"] !== undefined) return maxBytes;
  // Node has refused what is no number.
  return Math.min(Number(headers["content-length"] ?? 0), maxBytes);
}

// The log file of one supervised process: appended to by the process itself, so it is complete even when we die first.
import { closeSync, copyFileSync, existsSync, openSync, readSync, renameSync, statSync, truncateSync } from "node:fs";

export type ProcessLog = {
  path: string;
  /** Calls `use` with a descriptor that a child process can write to. */
  withDescriptor<T>(use: (descriptor: number) => T): T;
  /** The last lines, for an error message. */
  tail(lineCount: number): string;
  /** Keeps the file small; call it now and then. */
  trim(): void;
};

const maxBytes = 20 * 1024 * 1024; // a day of a busy service at info level
const tailBytes = 16 * 1024;

/** Starts an empty log; the one of the previous run is kept beside it as `<path>.1`. */
export function openProcessLog(path: string): ProcessLog {
  if (existsSync(path)) renameSync(path, `${path}.1`);
  closeSync(openSync(path, "a", 0o600));
  return {
    path,
    withDescriptor: (use) => {
      const descriptor = openSync(path, "a"); // appending, so that trimming moves the writer's position too
      try {
        return use(descriptor);
      } finally {
        closeSync(descriptor);
      }
    },
    tail: (lineCount) => readEnd(path).trimEnd().split("\n").slice(-lineCount).join("\n"),
    trim: () => {
      if (statSync(path).size <= maxBytes) return;
      copyFileSync(path, `${path}.1`);
      truncateSync(path);
    },
  };
}

function readEnd(path: string): string {
  const descriptor = openSync(path, "r");
  const buffer = Buffer.alloc(tailBytes);
  const start = Math.max(0, statSync(path).size - tailBytes);
  const length = readSync(descriptor, buffer, 0, tailBytes, start);
  closeSync(descriptor);
  return buffer.toString("utf8", 0, length);
}

// A folder as a tar, by the tar of the machine: Linux, macOS and Windows have one.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { BESIDE_PICTURES } from "@ursa/contracts/archive";
import { Failure } from "./failure.ts";

export type Packing = {
  tar: ReadableStream<Uint8Array>;
  /** Throws Failure where tar did not read all of the folder. */
  ended: Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const TEXTS = BESIDE_PICTURES.map((ending) => `--exclude=*.${ending}`);

export function packFolder(path: string): Packing {
  const child = spawn("tar", ["-c", "-f", "-", ...TEXTS, "-C", path, "."], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const ended = once(child, "close").then(
    ([code]) => {
      if (code !== 0) throw new Failure(`tar could not pack ${path}: ${said.trim() || `it ended with ${code}`}`);
    },
    (cause: unknown) => {
      throw new Failure(`The pictures of ${path} cannot be packed, for there is no tar here; upload a zip.`, { cause });
    },
  );
  // Met by whoever waits for it.
  ended.catch(() => {});
  return {
    // Node's own and the DOM's streams are the same at run time.
    tar: Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill();
    },
  };
}

// The options every command has, and the API client they lead to.
import { type Client, createClient } from "@ursa/contracts/client";
import type { Command } from "commander";
import { createPrinter, type Printer } from "./print.ts";
import { readKey } from "./read-key.ts";

export type Session = { client: Client; print: Printer; signal: AbortSignal };

/** Ctrl+C aborts `signal`; a job that was submitted goes on in the service. */
export function connect(command: Command): Session {
  const { url, json, keyFile } = command.optsWithGlobals<{ url: string; json?: boolean; keyFile?: string }>();
  const client = createClient({ baseUrl: url, key: readKey(keyFile) });
  const interrupt = new AbortController();
  process.once("SIGINT", () => {
    interrupt.abort();
    process.stderr.write("\nStopped watching; what was submitted goes on.\n");
    process.exit(130);
  });
  return { client, print: createPrinter(json ?? false), signal: interrupt.signal };
}

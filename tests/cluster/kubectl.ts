// kubectl against one cluster.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { z } from "zod";

export type Ended = { code: number | null; out: string; err: string };
export type Kubectl = {
  /** What it prints. @throws Error with what it complained of when it ends with another code than 0 */
  (args: string[], input?: string): Promise<string>;
  /** However it ends. */
  ended(args: string[], input?: string): Promise<Ended>;
  /** `-o json`, parsed by `schema`. */
  read<S extends z.ZodType>(schema: S, args: string[]): Promise<z.output<S>>;
};

/** Longer than anything that a test waits for within one command. */
const COMMAND_MS = 1_200_000;

export function createKubectl(kubeconfig: string): Kubectl {
  const ended = async (args: string[], input = ""): Promise<Ended> => {
    const child = spawn("kubectl", args, {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      timeout: COMMAND_MS,
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    // One that ends before it has read everything says why by itself.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const [code] = await once(child, "close");
    return { code, out, err };
  };
  const run = async (args: string[], input?: string) => {
    const { code, out, err } = await ended(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}: ${err}`);
    return out;
  };
  return Object.assign(run, {
    ended,
    read: async <S extends z.ZodType>(schema: S, args: string[]) =>
      schema.parse(JSON.parse(await run([...args, "-o", "json"]))),
  });
}

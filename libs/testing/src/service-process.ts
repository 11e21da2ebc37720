// One service as a process of its own, for whoever needs several of a kind or the way in which one ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { waitUntil } from "./wait-until.ts";

export type ServiceProcess = AsyncDisposable & {
  url: string;
  pid: number;
  /** What it logged, line by line. */
  lines: { msg?: string; url?: string; [field: string]: unknown }[];
  /** Sends the signal and waits. A code of null: the signal itself ended it. */
  end(signal?: NodeJS.Signals): Promise<{ code: number | null; seconds: number }>;
};

/** Loading a model and testing an engine take seconds, and a busy machine takes several times as long. */
const READY_MS = 120_000;

/**
 * @param main the service's program
 * @param env added to this process' own; the port is a free one unless URSA_PORT is there
 * @param options.isReady false: do not wait until it says that it is ready; its URL is not known then
 * @returns once it says that it is ready
 */
export async function startServiceProcess(
  main: string,
  env: Record<string, string>,
  { isReady = true }: { isReady?: boolean } = {},
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
    env: { ...process.env, URSA_PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines: ServiceProcess["lines"] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line)));
  const stopWithUs = () => child.kill("SIGKILL");
  process.once("exit", stopWithUs);
  const end = async (signal: NodeJS.Signals = "SIGTERM") => {
    const asked = performance.now();
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
    process.off("exit", stopWithUs);
    return { code: child.exitCode, seconds: (performance.now() - asked) / 1000 };
  };
  const readyAt = async () => {
    const ending = child.exitCode ?? child.signalCode;
    if (ending !== null) throw new Error(`${main} ended with ${ending}: ${JSON.stringify(lines.at(-1))}`);
    const url = lines.find(({ msg }) => msg === "listening")?.url;
    const answer = url ? await fetch(`${url}/readyz`).catch(() => undefined) : undefined;
    return answer?.ok ? url : undefined;
  };
  const started = (url: string): ServiceProcess => ({
    ...{ url, pid: child.pid ?? 0, lines, end },
    [Symbol.asyncDispose]: async () => void (await end("SIGKILL")),
  });
  if (!isReady) return started("");
  try {
    const url = (await waitUntil(readyAt, { what: `${main} to be ready`, timeoutMs: READY_MS })) ?? "";
    return started(url);
  } catch (error) {
    await end("SIGKILL");
    throw error;
  }
}

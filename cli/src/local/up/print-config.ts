// `ursa up --print-config`: what each service would run with. Each prints its own, so that nothing is said twice.
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { DEFAULT_HOME } from "../../default-home.ts";
import { nodeFlags, sharedEnvironment, ursaServices } from "./service-table.ts";
import type { RunUpOptions } from "./up-command.ts";
import { upError } from "./up-error.ts";

// Ports of the parts behind the API and Redis' password are new at each start.
const CHOSEN_AT_START = 0;

/** @throws with code `service_failed` and the service's own sentence where the environment has faults */
export async function printConfigs({ home, port = 8080, allowFetch = [] }: RunUpOptions): Promise<void> {
  const storeDir = join(resolve(home ?? DEFAULT_HOME), "store");
  const ports = { downloader: CHOSEN_AT_START, inferer: CHOSEN_AT_START };
  const redisUrl = `redis://:chosen-at-start@127.0.0.1:${CHOSEN_AT_START}`;
  const shared = { ...process.env, ...sharedEnvironment({ redisUrl, storeDir, ports, allowFetch }) };
  const texts = ursaServices.map(async ({ name, main, env }) => {
    const own = { ...shared, ...env, URSA_PORT: String(name === "api" ? port : CHOSEN_AT_START) };
    return `# ${name}\n${await printed(name, [...nodeFlags, main, "--print-config"], own)}`;
  });
  const note = "# Ports that are 0 here, and Redis' password, are chosen at start.\n";
  process.stdout.write([note, ...(await Promise.all(texts))].join("\n"));
}

async function printed(name: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return (await promisify(execFile)(process.execPath, args, { env })).stdout;
  } catch (cause) {
    // execFile's error carries what the program printed: one line of its log.
    const { stdout = "" } = cause as { stdout?: string };
    throw upError("service_failed", `${name} cannot start so: ${sentenceOf(stdout)}`, cause);
  }
}

function sentenceOf(log: string): string {
  try {
    const line: { msg?: string } = JSON.parse(log.trim().split("\n").at(0) ?? "");
    return line.msg?.replace("cannot start: ", "") ?? log;
  } catch {
    return log;
  }
}

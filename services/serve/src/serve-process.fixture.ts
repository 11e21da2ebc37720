// A model folder that is never the same twice, and the service as a real process that serves it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { exportedModel } from "@ursa/classifier/exchange/exported-model.fixture";
import type { ModelCard } from "@ursa/classifier/model-card";
import { parseCard } from "@ursa/classifier/predict";
import { BEAR_KINDS } from "@ursa/testing/pictures";
import { waitUntil } from "@ursa/testing/wait-until";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

/** Writes model.json, with `changes`, and the others as `ursa model export` does. */
export async function writeModel(folder: string, changes: Partial<ModelCard> = {}): Promise<ModelCard> {
  await mkdir(folder, { recursive: true });
  const files = await exportedModel([...BEAR_KINDS]);
  for (const { name, bytes } of files) await writeFile(join(folder, name), bytes);
  const card = { ...parseCard(files.find(({ name }) => name === "model.json")?.bytes ?? new Uint8Array()), ...changes };
  await writeFile(join(folder, "model.json"), JSON.stringify(card));
  return card;
}

type Line = { level: string; msg: string; url?: string };

export function startServe(folder: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, URSA_MODEL_DIR: folder, URSA_PORT: "0", URSA_THREADS: "1", URSA_DECODERS: "1", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: Line[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line)));
  const exited = once(child, "exit");
  const find = () => {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${JSON.stringify(lines)}`);
    return lines.find(({ msg }) => msg === "listening")?.url;
  };
  return {
    lines,
    terminate: () => child.kill("SIGTERM"),
    exitCode: async (): Promise<number | null> => (await exited)[0],
    url: async () => (await waitUntil(find, { what: "it to listen", timeoutMs: 60_000 })) ?? "",
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

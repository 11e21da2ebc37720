// `ursa serve`: starts the service that serves one exported model, says in words what its log says in JSON, and hands on Ctrl+C.
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { spawnGuarded } from "@ursa/testing/spawn-guarded";
import { Failure } from "../../failure.ts";
import type { Printer } from "../../print.ts";
import { onStopSignals } from "../stop-signals.ts";

export type ServeOptions = { folder: string; host: string; port: number; threads?: number; allow: string[] };

const MAIN = resolve(import.meta.dirname, "../../../../services/serve/src/main.ts");

/** The service names its variables; who typed a command knows their options. */
const OPTIONS = { URSA_HOST: "--host", URSA_PORT: "--port", URSA_THREADS: "--threads", URSA_FETCH_ALLOW: "--allow" };

type Listening = { url: string; model: string; stage: string; classes: string[]; size: number; bytes: number };
type Line = Partial<Listening> & { level?: string; msg?: string; err?: { message?: string } };

/** Serves until a signal. @throws Failure when it could not start, or ended by itself */
export async function runServe(options: ServeOptions, print: Printer): Promise<void> {
  const child = spawnGuarded(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN], {
    env: environmentOf(options),
    output: "pipe",
  });
  let isStopping = false;
  const stop = () => {
    isStopping = true;
    child.kill("SIGTERM");
  };
  const unlisten = onStopSignals({ first: stop, again: stop });
  let fault: string | undefined;
  if (child.stdout) {
    createInterface(child.stdout).on("line", (text) => {
      const line = parse(text);
      if (isListening(line)) greet(line, print);
      else if (line.level === "fatal") fault = line.err?.message ?? line.msg;
      else if (line.level === "warn" || line.level === "error") print.note(line.err?.message ?? line.msg ?? text);
    });
  }
  child.stderr?.pipe(process.stderr);
  const [code, signal] = await once(child, "close");
  unlisten();
  if (isStopping && code === 0) return print.note("Stopped.");
  throw new Failure(inOptions(fault ?? `The server was ended by ${signal ?? `exit code ${code}`}; start it again.`));
}

function environmentOf({ folder, host, port, threads, allow }: ServeOptions): NodeJS.ProcessEnv {
  return {
    ...process.env,
    URSA_MODEL_DIR: resolve(folder),
    URSA_HOST: host,
    URSA_PORT: String(port),
    URSA_FETCH_ALLOW: allow.join(","),
    // Below it nothing would tell that the service listens.
    URSA_LOG_LEVEL: "info",
    ...(threads === undefined ? {} : { URSA_THREADS: String(threads) }),
  };
}

function parse(text: string): Line {
  try {
    return JSON.parse(text);
  } catch {
    return { level: "warn", msg: text };
  }
}

// The one line that says so has all of these: services/serve/src/main.ts.
const isListening = (line: Line): line is Listening => line.msg === "listening" && line.url !== undefined;

function greet({ url, model, stage, classes, size, bytes }: Listening, print: Printer): void {
  const shown = classes.length > 6 ? `${classes.length} classes` : classes.join(", ");
  const lines = [
    `${model} runs at ${url}`,
    `  ${shown}; ${stage}, ${size} x ${size} pixels, ${(bytes / 1e6).toFixed(1)} MB`,
    "Open that page and drop a picture on it, or:",
    `  curl --data-binary @photo.jpg ${url}/v1/classify`,
    "Ctrl+C stops it.",
  ];
  if (!/^\w+:\/\/(127\.|localhost|\[::1\])/.test(url))
    print.note("It asks nobody for a key: whoever reaches this port may use it.");
  print.answer({ url, model, stage, classes, size, bytes }, lines.join("\n"));
}

function inOptions(sentence: string): string {
  const plain = sentence.replace(/^cannot start: /, "");
  return Object.entries(OPTIONS).reduce((text, [variable, option]) => text.replaceAll(variable, option), plain);
}

// The web page is the one thing that is built. A clone has it built when Ursa starts, and again when its sources changed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

const BUILD = resolve(import.meta.dirname, "../../../../services/api/web/build.ts");

type Options = { say(sentence: string): void; signal?: AbortSignal | undefined; program?: string };

/** Takes a few seconds when there is something to build. Without the page everything else still works, so a failure is only told. */
export async function buildWeb({ say, signal, program = BUILD }: Options): Promise<void> {
  signal?.throwIfAborted();
  const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "pipe"] });
  const stop = () => child.kill();
  signal?.addEventListener("abort", stop, { once: true });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      said += chunk;
    });
  const [code] = await once(child, "close");
  signal?.removeEventListener("abort", stop);
  signal?.throwIfAborted();
  if (code !== 0) say(`The web page could not be built; everything else runs.\n${said.trim()}`);
  else if (said.trim()) say(said.trim());
}

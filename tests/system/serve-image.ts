// One exported model in a container of the image `serve`, as docs/deploying.md starts it.
import { chmod } from "node:fs/promises";
import { findFreePort } from "@ursa/testing/free-port";
import { runCommand } from "@ursa/testing/run-command";
import { waitUntil } from "@ursa/testing/wait-until";

export type ServedImage = AsyncDisposable & {
  url: string;
  /** @throws Error with what it wrote when it fails */
  exec(...command: string[]): Promise<string>;
  /** Tells it to end. @returns its exit code */
  stop(): Promise<number>;
};

const docker = (...args: string[]) => runCommand("docker", args);
const HARDENED = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];

/** @param folder what `ursa model export` wrote */
export async function startServeImage(image: string, folder: string): Promise<ServedImage> {
  await chmod(folder, 0o755);
  const port = await findFreePort();
  const place = ["--volume", `${folder}:/model:ro`, "--publish", `127.0.0.1:${port}:8090`, "--memory", "512m"];
  const id = (await docker("run", "--detach", ...HARDENED, ...place, image)).trim();
  const inspect = async (what: string) => (await docker("inspect", "--format", `{{${what}}}`, id)).trim();
  const remove = async () => void (await docker("rm", "--force", "--volumes", id));
  try {
    const isHealthy = async () => (await inspect(".State.Health.Status")) === "healthy";
    await waitUntil(isHealthy, { what: `${image} to be healthy`, timeoutMs: 60_000, intervalMs: 250 });
  } catch (error) {
    const logs = await docker("logs", id);
    await remove();
    throw new Error(`${error instanceof Error ? error.message : error}\n${logs}`);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    exec: (...command) => docker("exec", id, ...command),
    stop: async () => {
      await docker("stop", id);
      return Number(await inspect(".State.ExitCode"));
    },
    [Symbol.asyncDispose]: remove,
  };
}

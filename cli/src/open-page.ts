// Shows an address in the person's own browser, by the program that each system has for that.
import { spawn } from "node:child_process";

type Command = [program: string, ...args: string[]];
const OPENERS: Partial<Record<NodeJS.Platform, Command>> = {
  darwin: ["open"],
  // The first argument of `start` in quotes is a window's title.
  win32: ["cmd", "/c", "start", '""'],
};

type Surroundings = Partial<Pick<NodeJS.Process, "platform" | "env">> & { isTerminal?: boolean };

/** Whether a person sits before a terminal, and that on a screen: elsewhere a browser would open for nobody, or in place of the answer. */
export function hasScreen({
  platform = process.platform,
  env = process.env,
  isTerminal = process.stdout.isTTY === true,
}: Surroundings = {}): boolean {
  if (!isTerminal || env.SSH_CONNECTION) return false;
  return platform === "darwin" || platform === "win32" || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

/** @returns what became of it, in words */
export async function openPage(
  address: string,
  opener: Command = OPENERS[process.platform] ?? ["xdg-open"],
): Promise<string> {
  const [program, ...args] = opener;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // A browser stays when this command has ended.
  spawn(program, [...args, address], { stdio: "ignore", detached: true })
    .once("error", reject)
    .once("spawn", resolve)
    .unref();
  return promise.then(
    () => `Opened ${address}`,
    () => `No browser could be opened by ${program}: ${address}`,
  );
}

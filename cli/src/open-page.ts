// Shows an address in the person's own browser, by the program that each system has for that.
import { spawn } from "node:child_process";

type Command = [program: string, ...args: string[]];
const OPENERS: Partial<Record<NodeJS.Platform, Command>> = {
  darwin: ["open"],
  // The first argument of `start` in quotes is a window's title.
  win32: ["cmd", "/c", "start", '""'],
};

type Surroundings = { isTerminal: boolean; opener?: Command };

/** Only where a person sits before a terminal: elsewhere a browser would open for nobody. @returns what became of it, in words */
export async function openPage(
  address: string,
  { isTerminal, opener = OPENERS[process.platform] ?? ["xdg-open"] }: Surroundings,
): Promise<string> {
  if (!isTerminal) return `Not opened, since this is no terminal: ${address}`;
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

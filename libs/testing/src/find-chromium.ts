// Finds a Chromium for tests of pages: on the PATH, by Debian's name or Google's.
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Undefined where there is none. */
export async function findChromium(): Promise<string | undefined> {
  const dirs = (process.env.PATH ?? "").split(delimiter).filter((dir) => dir !== "");
  for (const path of dirs.flatMap((dir) => NAMES.map((name) => join(dir, name)))) {
    const [found] = await Promise.allSettled([access(path, constants.X_OK)]);
    if (found?.status === "fulfilled") return path;
  }
  return undefined;
}

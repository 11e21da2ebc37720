// The demo's picture server as a process of its own: the downloader must fetch over real HTTP from someone else.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { OutcomeCounts } from "@ursa/contracts/dataset";
import { Failure } from "../../failure.ts";

/** What the gallery says on its first line. `expected` is what was planted; a folder of real pictures promises nothing. */
export type Gallery = {
  /** `host:port` the downloader must be allowed to reach. */
  address: string;
  classes: { name: string; urls: string[] }[];
  expected?: OutcomeCounts;
};

const GALLERY = fileURLToPath(new URL("../../../../examples/gallery.ts", import.meta.url));

/** @throws Failure with the gallery's own sentence when it cannot serve, such as a folder without pictures */
export async function startGallery(options: {
  folder?: string;
  seed: number;
  /** A service for others; left out, it is on any free port of loopback. */
  at?: { host: string; port: number };
  signal?: AbortSignal;
}): Promise<Gallery & { close(): void }> {
  options.signal?.throwIfAborted();
  const what = options.folder ? ["--folder", options.folder] : ["--seed", String(options.seed)];
  const args = options.at ? [...what, "--host", options.at.host, "--port", String(options.at.port)] : what;
  const child = spawn(process.execPath, [GALLERY, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  options.signal?.addEventListener("abort", () => child.kill(), { once: true });
  let complaint = "";
  child.stderr.on("data", (chunk) => {
    complaint += chunk;
  });
  const lines = createInterface(child.stdout);
  const [first] = await Promise.race([once(lines, "line"), once(child, "exit").then(() => [undefined])]);
  options.signal?.throwIfAborted();
  if (typeof first !== "string") throw new Failure(complaint.trim() || "The gallery ended before it served anything.");
  const gallery: Gallery = JSON.parse(first);
  return { ...gallery, close: () => child.kill() };
}

/**
 * The same pictures as somebody else serves them: a gallery of the same folder or seed has the same paths.
 * @param url where it is, as the downloader reaches it, with or without a path
 */
export function galleryAt(url: string, gallery: Gallery) {
  const [here, there] = [`http://${gallery.address}`, url.replace(/\/+$/, "")];
  const classes = gallery.classes.map((each) => ({
    ...each,
    urls: each.urls.map((one) => there + one.slice(here.length)),
  }));
  return { gallery: { ...gallery, classes }, nearby: (one: string) => here + one.slice(there.length) };
}

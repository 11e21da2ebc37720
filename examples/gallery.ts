// The demo's picture server. Draws bears and plants faults whose number is known, or serves a folder of real pictures.
// Its first line on standard output is JSON: the address, the URL lists, and what should become of them.
import { parseArgs } from "node:util";
import { type Gallery, serveDrawn } from "./gallery/drawn.ts";
import { serveFolder } from "./gallery/folder.ts";

const { values } = parseArgs({
  options: {
    folder: { type: "string" },
    seed: { type: "string", default: "1" },
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string" },
  },
});
const { folder, seed, host, port } = values;

try {
  const at = { host, port: Number(port ?? 0) };
  const gallery: Gallery = folder ? await serveFolder(folder, at) : await serveDrawn(Number(seed), at);
  process.stdout.write(`${JSON.stringify(gallery)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

// With a port it is a service, which a container may start without any standard input. Else standard input is a pipe from whoever
// started this; when they are gone, so are we.
if (port === undefined) process.stdin.resume().once("end", () => process.exit());
// As the first process of a container it would ignore them.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit());

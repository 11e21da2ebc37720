// The demo's picture server. Draws bears and plants faults whose number is known, or serves a folder of real pictures.
// Its first line on standard output is JSON: the address, the URL lists, and what should become of them.
import { parseArgs } from "node:util";
import { type Gallery, serveDrawn } from "./gallery/drawn.ts";
import { serveFolder } from "./gallery/folder.ts";

const { values } = parseArgs({ options: { folder: { type: "string" }, seed: { type: "string", default: "1" } } });

try {
  const gallery: Gallery = values.folder ? await serveFolder(values.folder) : await serveDrawn(Number(values.seed));
  process.stdout.write(`${JSON.stringify(gallery)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

// Standard input is a pipe from whoever started this; when they are gone, so are we.
process.stdin.resume().once("end", () => process.exit());

// The process that checks one imported archive: reads it, leaves its files in a folder, says on standard output what it found.
// Arguments: the archive, the folder.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { InspectedImport } from "./inspect-import.ts";
import { ImportRefused, readImport } from "./read-import.ts";

const [archive = "", folder = ""] = process.argv.slice(2);

process.stdout.write(JSON.stringify(await inspect()));

async function inspect(): Promise<InspectedImport> {
  try {
    const { card, files } = await readImport(await readFile(archive));
    for (const { name, bytes } of files) await writeFile(join(folder, name), bytes);
    const described = files.map(({ name, bytes, sha256 }) => ({ name, bytes: bytes.byteLength, sha256 }));
    return { outcome: "taken", card, files: described };
  } catch (error) {
    if (!(error instanceof ImportRefused)) throw error;
    return { outcome: "refused", fault: error.fault, message: error.message };
  }
}

// The product's version; every package of the workspace carries the same one.
import { readFileSync } from "node:fs";
import { z } from "zod";

const manifestSchema = z.object({ version: z.string() });
const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");

export const VERSION: string = manifestSchema.parse(JSON.parse(manifest)).version;

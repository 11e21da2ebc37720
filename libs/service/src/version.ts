// The product's version, which every package of the workspace carries, and what an image was built from.
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";

const manifestSchema = z.object({ version: z.string() });
const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");

export const VERSION: string = manifestSchema.parse(JSON.parse(manifest)).version;

/** Written by deploy/docker/Dockerfile. A checkout has none: it may hold more than its last commit. */
const commitFile = new URL("../commit.txt", import.meta.url);
export const COMMIT: string = existsSync(commitFile) ? readFileSync(commitFile, "utf8").trim() : "unknown";

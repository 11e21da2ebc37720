// Has an imported archive checked by a process that may die of it. Nothing of a stranger's file is parsed in this one, and its network is run in none.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { artifactSchema } from "@ursa/contracts/model";
import { z } from "zod";
import { modelCardSchema } from "../model-card.ts";

const PROCESS = fileURLToPath(new URL("./import-process.ts", import.meta.url));
/** The largest backbone takes 5 s on a slow core. */
const TIMEOUT_MS = 120_000;
/** A model.json of a thousand epochs has 400 kB. */
const MAX_ANSWER_BYTES = 16 * 2 ** 20;

const inspectedSchema = z.discriminatedUnion("outcome", [
  z.object({
    outcome: z.literal("taken"),
    card: modelCardSchema,
    files: z.array(
      z.object({
        name: artifactSchema.shape.name,
        bytes: z.int(),
        sha256: z.string(),
      }),
    ),
  }),
  z.object({ outcome: z.literal("refused"), fault: z.string(), message: z.string() }),
]);
export type InspectedImport = z.input<typeof inspectedSchema>;

/**
 * @param archive path of the zip file
 * @param folder where the files are left when they are taken
 * @returns what was found; a process that died or took too long has refused
 */
export async function inspectImport(
  archive: string,
  folder: string,
  signal: AbortSignal,
): Promise<z.output<typeof inspectedSchema>> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, archive, folder], {
      // No credentials for a process that looks at strangers' files.
      env: {},
      ...{ signal, timeout: TIMEOUT_MS, killSignal: "SIGKILL", maxBuffer: MAX_ANSWER_BYTES },
    });
    return inspectedSchema.parse(JSON.parse(stdout));
  } catch (error) {
    signal.throwIfAborted();
    const hasDied = error instanceof Error && ("signal" in error || "code" in error);
    if (!hasDied) throw error;
    return {
      outcome: "refused",
      fault: "network",
      message: "What was to check the model broke on it, or took too long.",
    };
  }
}

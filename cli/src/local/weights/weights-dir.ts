// Where `ursa weights` looks and adds: where the trainer, which reads the same variable, will look for them.
import { DEFAULT_WEIGHTS_DIR } from "@ursa/classifier/weights-folder";

/** URSA_WEIGHTS_DIR, else the repository's. */
export const weightsDir = (): string => process.env.URSA_WEIGHTS_DIR || DEFAULT_WEIGHTS_DIR;

// explain.onnx of the folder, opened when the first heat map is asked for: most who serve a model never ask for one.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Explain } from "@ursa/classifier/classify-picture";
import { type Explainer, openExplainer } from "@ursa/classifier/explainer";
import type { ModelCard } from "@ursa/classifier/model-card";
import { ModelIntegrityError } from "@ursa/classifier/predict";
import { Problem } from "@ursa/contracts/problem";

type Options = { card: ModelCard; threads: number };

/** `explain` throws Problem no_heat_maps where the folder has no explain.onnx, model_integrity where a file is not the one that the card names. */
export function lazyExplainer(folder: string, options: Options): { explain: Explain; close(): Promise<void> } {
  let opening: Promise<Explainer> | undefined;
  return {
    async explain(view, index) {
      opening ??= open(folder, options);
      // Whoever asks next tries again: the file may have been copied meanwhile.
      const explainer = await opening.catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return explainer.explain(view, index);
    },
    close: async () => (await opening)?.close(),
  };
}

async function open(folder: string, { card, threads }: Options): Promise<Explainer> {
  const read = async (name: string) => {
    const bytes = await readFile(join(folder, name));
    return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
  };
  const explanation = await read("explain.onnx").catch((cause: unknown) => {
    throw new Problem(
      "no_heat_maps",
      "The folder that is served has no explain.onnx: import it with `ursa model import` and export that, then serve it again.",
      { cause },
    );
  });
  const files = { explanation, network: await read("model.onnx") };
  return openExplainer(card, files, { threads, spins: false }).catch((cause: unknown) => {
    if (!(cause instanceof ModelIntegrityError)) throw cause;
    throw new Problem("model_integrity", cause.message, { cause });
  });
}

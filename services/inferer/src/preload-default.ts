// Loads the model that most pictures will ask for before this process says it is ready, so that no caller waits for it.
import type { Aliases } from "@ursa/catalog/aliases";
import { DEFAULT_NAMESPACE } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import type { Logger } from "@ursa/service/logger";
import type { Models } from "./open-models.ts";

/** Without a default, or with one that cannot be loaded, the process starts all the same: it can serve other models. */
export async function preloadDefault({ aliases, models, log }: { aliases: Aliases; models: Models; log: Logger }) {
  try {
    const { modelId } = await aliases.resolve(DEFAULT_NAMESPACE, undefined);
    await models.use({ namespace: DEFAULT_NAMESPACE, id: modelId }, async () => {});
  } catch (error) {
    if (error instanceof Problem && error.code === "no_default_model") return;
    log.warn({ err: error }, "could not load the default model yet");
  }
}

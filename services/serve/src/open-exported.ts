// The folder that `ursa model export` wrote, as a classifier. Whatever is wrong with it is one sentence with the remedy.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ModelCard } from "@ursa/classifier/model-card";
import { type Classifier, loadClassifier, ModelIntegrityError, parseCard } from "@ursa/classifier/predict";
import { modelIdSchema } from "@ursa/contracts/ids";
import { StartupError } from "@ursa/service/startup-error";

/** @throws StartupError when there is no whole and finished model in `folder` */
export async function openExported(
  folder: string,
  threads: number,
): Promise<{ card: ModelCard; classifier: Classifier }> {
  await checkFolder(folder);
  const [modelJson, modelOnnx] = await Promise.all([read(folder, "model.json"), read(folder, "model.onnx")]);
  try {
    const card = parseCard(modelJson);
    checkFinal(folder, card);
    // Between single pictures, threads that wait busily would only burn the decoders' cores.
    return { card, classifier: await loadClassifier({ modelJson, modelOnnx }, { threads, spins: false }) };
  } catch (error) {
    if (!(error instanceof ModelIntegrityError)) throw error;
    const sentence = `The model in ${folder} cannot be served: ${error.message} Export or copy it again.`;
    throw new StartupError(sentence, { cause: error });
  }
}

const WHAT_TO_NAME = "name the folder that `ursa model export` wrote";

async function checkFolder(folder: string): Promise<void> {
  const info = await stat(folder).catch((cause) => {
    throw new StartupError(`There is no folder ${folder}: ${WHAT_TO_NAME}.`, { cause });
  });
  if (!info.isDirectory())
    throw new StartupError(`${folder} is a file: unpack it if it is a zip, and ${WHAT_TO_NAME}.`);
}

async function read(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, name));
  } catch (cause) {
    const isAbsent = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new StartupError(
      isAbsent
        ? `${folder} has no ${name}: ${WHAT_TO_NAME}; model.json and model.onnx belong together.`
        : `${join(folder, name)} cannot be read: give the user that this runs as the right to read it.`,
      { cause },
    );
  }
}

/** A head on a body that was yet to be trained answers too, and worse; nobody serves it on purpose. */
function checkFinal(folder: string, { modelId, stage, phases }: ModelCard): void {
  if (!modelIdSchema.safeParse(modelId).success)
    throw new ModelIntegrityError(`model.json names the model ${JSON.stringify(modelId)}, which is no id of Ursa.`);
  if (stage !== "stage-1" || !phases?.includes("stage-2")) return;
  throw new StartupError(
    `${folder} has stage 1 of ${modelId}, which went on to stage 2: export that with \`ursa model export ${modelId}\`.`,
  );
}

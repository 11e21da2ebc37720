// The limit of classifying: pictures decoded and put through ONNX Runtime in one process, without HTTP, without another process.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadClassifier } from "@ursa/classifier/predict";
import { MAX_PIXELS } from "@ursa/imaging/max-pixels";
import { restrictSharp } from "@ursa/imaging/restrict-sharp";
import { viewPicture } from "@ursa/imaging/view-picture";
import { answerOrders } from "./child-program.ts";
import { readPhotographs } from "./photographs.ts";

/** `model`: the folder of model.json and model.onnx. Threads are those of a model's run; libuv's decode beside them. */
export type Order = { model: string; folder: string | undefined; threads: number; atOnce: number; seconds: number };
export type Classified = { pictures: number; seconds: number; cpu: number };

// One picture a thread, as in a decoder process.
restrictSharp();

answerOrders(async ({ model, folder, threads, atOnce, seconds }: Order): Promise<Classified> => {
  const bodies = await readPhotographs(folder);
  const [modelJson, modelOnnx] = await Promise.all(
    ["model.json", "model.onnx"].map((name) => readFile(join(model, name))),
  );
  if (!modelJson || !modelOnnx) throw new Error("There is no model.");
  // As the inferer opens it.
  await using stack = new AsyncDisposableStack();
  const classifier = await loadClassifier({ modelJson, modelOnnx }, { threads, spins: false });
  stack.defer(() => classifier.close());
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  let pictures = 0;
  const line = async () => {
    while (performance.now() < began + 1000 * seconds) {
      const body = bodies[pictures++ % bodies.length] ?? Buffer.alloc(0);
      await classifier.predict([await viewPicture(body, classifier.size, MAX_PIXELS)]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, line));
  const { user, system } = process.cpuUsage(cpu);
  return { pictures, seconds: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 };
});

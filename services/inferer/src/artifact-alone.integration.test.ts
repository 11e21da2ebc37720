// A model is its two files: no backbone weights, no dataset, no network.
import { execFile } from "node:child_process";
import { mkdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { newModel, untrainedFiles } from "./inferer-world.fixture.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const LIBS = ["contracts", "tensor", "classifier"];
const PREDICT = new URL("../../../libs/classifier/src/predict.ts", import.meta.url).href;

// The folder is the only place it may read beside its own code; reaching for the network ends it.
const SCRIPT = `
  import net from "node:net";
  import dns from "node:dns";
  import { readFile } from "node:fs/promises";
  const refuse = () => { throw new Error("reached for the network"); };
  net.Socket.prototype.connect = refuse;
  dns.lookup = refuse;
  globalThis.fetch = refuse;
  const { loadClassifier } = await import(${JSON.stringify(PREDICT)});
  const [modelJson, modelOnnx] = [await readFile("model.json"), await readFile("model.onnx")];
  const classifier = await loadClassifier({ modelJson, modelOnnx }, { threads: 1 });
  const view = new Uint8Array(classifier.size ** 2 * 3).fill(7);
  const [probabilities] = await classifier.predict([view]);
  console.log(JSON.stringify({ classes: classifier.classes, probabilities: [...probabilities] }));`;

test("the artifacts alone classify, in a folder with nothing else and without network", async () => {
  await using scratch = await createScratchFolder();
  const folder = join(await realpath(scratch.path), "model");
  await mkdir(folder);
  for (const { name, bytes } of await untrainedFiles(newModel(), 1)) {
    if (name !== "weights.safetensors") await writeFile(join(folder, name), bytes);
  }
  const readable = [folder, `${ROOT}node_modules`, ...LIBS.map((lib) => `${ROOT}libs/${lib}/src`)];
  const packages = LIBS.map((lib) => `${ROOT}libs/${lib}/package.json`);
  const allowed = [...readable, ...packages, `${ROOT}package.json`].map((path) => `--allow-fs-read=${path}`);
  const options = ["--permission", "--allow-addons", ...allowed, "--input-type=module", "-e", SCRIPT];
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: folder });
  const { classes, probabilities } = JSON.parse(stdout);
  expect(classes).toEqual(["black", "grizzly", "teddy"]);
  expect(probabilities.reduce((sum: number, value: number) => sum + value, 0)).toBeCloseTo(1, 5);
});

// A Python beside Ursa, where there is one: what exported models are held against.
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The first of URSA_TEST_PYTHON and `python3` that imports all of `modules`, such as "numpy, PIL". */
export function findPython(modules: string): string | undefined {
  const candidates = [process.env.URSA_TEST_PYTHON, "python3"].filter((path) => path !== undefined);
  return candidates.find((path) => spawnSync(path, ["-c", `import ${modules}`]).status === 0);
}

/** What it printed. Throws with what it complained of. */
export function runPython(path: string, words: string[]): string {
  const { status, stdout, stderr } = spawnSync(path, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${path} ended with ${status}: ${stderr}`);
  return stdout;
}

const RUN = `
import sys, json, numpy, onnxruntime
folder, size = sys.argv[1], int(sys.argv[2])
pixels = numpy.fromfile(folder + "/views.u8", dtype=numpy.uint8).reshape(-1, size, size, 3)
print(json.dumps(onnxruntime.InferenceSession(folder + "/model.onnx").run(["probabilities"], {"pixels": pixels})[0].tolist()))
`;

/** The answers of `folder`'s model.onnx to views [size, size, 3], by Python's own ONNX Runtime. Needs onnxruntime and numpy. */
export async function probabilitiesInPython(
  python: string,
  { folder, size }: { folder: string; size: number },
  views: readonly Uint8Array[],
): Promise<number[][]> {
  await writeFile(join(folder, "views.u8"), Buffer.concat(views));
  return JSON.parse(runPython(python, ["-c", RUN, folder, String(size)]));
}

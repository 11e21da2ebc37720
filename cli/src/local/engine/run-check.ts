// `ursa engine check [--gpu]`: the same training on both engines, side by side.
import { availableParallelism } from "node:os";
import { type Comparison, compareTrainings, trainOn } from "@ursa/engine/check-engine";
import { loadNative } from "@ursa/engine/load-native";
import { createTinyNet } from "@ursa/engine/tiny-net";
import { openCompiledStep } from "@ursa/tensor/compiled-step";
import { openEagerStep } from "@ursa/tensor/eager-step";
import { Failure } from "../../failure.ts";
import { type Printer, table } from "../../print.ts";

const STEPS = 10;

/** Exit code 1 where the engines differ. @throws Failure when there is no native engine to check */
export async function runCheck(device: "gpu" | "cpu", print: Printer): Promise<void> {
  const native = await loadNative({ device });
  if (!native) throw new Failure("No native engine is installed: `ursa engine install native`.");
  const net = createTinyNet();
  const how = { steps: STEPS, threads: availableParallelism() };
  const compiled = await trainOn(openCompiledStep, net, how);
  const result = compareTrainings(compiled, await trainOn(openEagerStep, net, how));
  const { name, versions } = native;
  print.answer(
    { name, device: native.device, versions, ...result },
    describe(`${name} (TensorFlow ${versions.tensorflow})`, native.device, result),
  );
  if (!result.isEqual) process.exitCode = 1;
}

function describe(engine: string, device: string, result: Comparison): string {
  const { steps, lossDifference, stateDifference, worstTensor, isEqual, compiledMs, nativeMs, ratio } = result;
  const rows = [
    ["compiled", compiledMs.toFixed(1)],
    [engine, nativeMs.toFixed(1)],
  ];
  const figures = `loss within ${lossDifference.toExponential(1)}, weights within ${stateDifference.toExponential(1)}`;
  return [
    `${isEqual ? "The engines agree" : "THE ENGINES DIFFER"} after ${steps} steps: ${figures} (${worstTensor}).`,
    table(["engine", "ms per step (the fastest)"], rows),
    `native is ${ratio.toFixed(2)} times as fast as compiled, on ${device}.`,
  ].join("\n");
}

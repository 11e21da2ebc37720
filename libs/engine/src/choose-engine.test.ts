// What a trainer is told to train on, and what it then does, on a machine without a GPU.
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { expect, test } from "vitest";
import { chooseEngine } from "./choose-engine.ts";
import { isInstalled, nativePackage } from "./native-package.ts";

const signal = new AbortController().signal;
const isHere = isInstalled(nativePackage("native"));
const hasGpuPackage = isInstalled(nativePackage("native-gpu"));
if (!isHere) reportAbsentPart("native is not installed, so it was not chosen: `ursa engine install native`.");

test.skipIf(hasGpuPackage)("without the GPU's engine, auto is compiled", async () => {
  const chosen = await chooseEngine("auto", signal);
  expect(chosen).toMatchObject({ name: "compiled", device: expect.stringMatching(/cores$/) });
  expect(chosen).toEqual(await chooseEngine("compiled", signal));
});

test("a GPU's engine that is there and does not work leaves auto with compiled, and the reason is kept", async () => {
  const broken = async () => Promise.reject(new Error("A GPU was asked for, and none would be used."));
  const chosen = await chooseEngine("auto", signal, broken);
  expect(chosen).toEqual({
    ...(await chooseEngine("compiled", signal)),
    reason: "A GPU was asked for, and none would be used.",
  });
  await expect(chooseEngine("native-gpu", signal, broken)).rejects.toMatchObject({ name: "StartupError" });
  const stopped = AbortSignal.abort(new Error("stopped"));
  await expect(chooseEngine("auto", stopped, broken)).rejects.toThrow("stopped");
});

test("a GPU that computes is what auto takes", async () => {
  const probe = async () => ({ device: "A card", versions: { tensorflow: "2.15.1", tfjs: "4.22.0" } });
  expect(await chooseEngine("auto", signal, probe)).toEqual({ name: "native-gpu", device: "A card" });
});

test.skipIf(hasGpuPackage)("a GPU that is asked for and not there is refused with all that is missing", async () => {
  await expect(chooseEngine("native-gpu", signal)).rejects.toMatchObject({
    name: "StartupError",
    message: expect.stringMatching(/^A GPU was asked for, .*native-gpu is not installed \(`ursa engine install native/),
  });
});

test.skipIf(isHere)("native that is not installed is refused with the command that installs it", async () => {
  await expect(chooseEngine("native", signal)).rejects.toThrow("`ursa engine install native`");
});

test.skipIf(!isHere)("native that is installed is tried and chosen", async () => {
  expect(await chooseEngine("native", signal)).toMatchObject({ name: "native" });
});

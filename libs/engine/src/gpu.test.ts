// TensorFlow goes on silently on the CPU when anything is missing; Ursa says what.
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findGpuParts, refuseDriver, refuseGpu } from "./gpu.ts";

const working = {
  hasDriver: true,
  devices: ["NVIDIA H100"],
  missingLibraries: [],
  isGpuChosen: true,
  gigaflops: 40_000,
};

test("a GPU that computes is not refused", () => {
  expect(refuseGpu(working)).toBeUndefined();
});

test("everything that is missing is named in one sentence", () => {
  const evidence = {
    ...working,
    hasDriver: false,
    devices: [],
    missingLibraries: ["libcudnn.so.8"],
    isGpuChosen: false,
  };
  expect(refuseGpu(evidence)).toBe(
    "A GPU was asked for, and none would be used: the NVIDIA driver is not loaded (no /proc/driver/nvidia/version); " +
      "the driver lists no GPU; these libraries are not found: libcudnn.so.8; TensorFlow chose the CPU.",
  );
});

test("a GPU in name that multiplies like a CPU is refused", () => {
  expect(refuseGpu({ ...working, gigaflops: 90 })).toContain("a matrix product ran at 90 GFLOP/s");
});

test("before the install only the driver and the device count: libraries come with it", () => {
  expect(refuseDriver({ ...working, missingLibraries: ["libcudart.so.12"] })).toBeUndefined();
  expect(refuseDriver({ ...working, devices: [] })).toContain("the driver lists no GPU");
});

test("the device's name is read from the driver, and libraries are found where the install puts them", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "ursa-gpu-"));
  const [driver, deps] = [join(folder.path, "driver"), join(folder.path, "deps")];
  await mkdir(join(driver, "gpus/0000:01:00.0"), { recursive: true });
  await writeFile(join(driver, "version"), "NVRM version: 535");
  await writeFile(join(driver, "gpus/0000:01:00.0/information"), "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ: 5\n");
  await mkdir(join(deps, "nvidia/cufft/lib"), { recursive: true });
  await writeFile(join(deps, "nvidia/cufft/lib/libcufft.so.11"), "");
  const parts = findGpuParts(deps, driver);
  expect(parts).toMatchObject({ hasDriver: true, devices: ["NVIDIA H100 80GB HBM3"] });
  expect(parts.missingLibraries).not.toContain("libcufft.so.11");
});

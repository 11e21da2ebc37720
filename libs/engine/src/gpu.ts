// Whether a GPU really computes. TensorFlow goes on silently on the CPU when anything is missing, so each thing is looked for.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What can be known before TensorFlow is loaded. */
export type GpuParts = { hasDriver: boolean; devices: string[]; missingLibraries: string[] };
/** And after: what TensorFlow chose, and how fast a product of two matrices was. */
export type GpuEvidence = GpuParts & { isGpuChosen: boolean; gigaflops: number };

// What TensorFlow 2.15 opens by name; one that is missing makes it ignore every GPU.
const LIBRARIES = [
  "libcuda.so.1",
  "libcudart.so.12",
  "libcublas.so.12",
  "libcublasLt.so.12",
  "libcufft.so.11",
  "libcusolver.so.11",
  "libcusparse.so.12",
  "libcudnn.so.8",
];
// The slowest cards that CUDA 12 knows reach about 900; the float32 of a desktop's CPU stays below.
const LEAST_GIGAFLOPS = 300;

/** The sentence that refuses to go on, naming everything that is missing; undefined where a GPU computes. */
export function refuseGpu(evidence: GpuEvidence): string | undefined {
  const faults = [...missingParts(evidence)];
  if (!evidence.isGpuChosen) faults.push("TensorFlow chose the CPU");
  else if (evidence.gigaflops < LEAST_GIGAFLOPS) {
    const speed = `${evidence.gigaflops.toFixed(0)} GFLOP/s`;
    faults.push(`a matrix product ran at ${speed}, which is a CPU's speed (a GPU reaches ${LEAST_GIGAFLOPS} and more)`);
  }
  return faults.length > 0 ? sentenceOf(faults) : undefined;
}

/** The same from what is known before loading, so that nothing of a gigabyte is loaded in vain. */
export function refuseParts(parts: GpuParts): string | undefined {
  const faults = missingParts(parts);
  return faults.length > 0 ? sentenceOf(faults) : undefined;
}

/** What no install can bring: asked before two gigabytes are fetched. */
export const refuseDriver = (parts: GpuParts): string | undefined => refuseParts({ ...parts, missingLibraries: [] });

/** Where not even the engine is installed; its libraries come with it. */
export const refuseUninstalledGpu = (parts: GpuParts): string =>
  sentenceOf([
    "native-gpu is not installed (`ursa engine install native --gpu`)",
    ...missingParts({ ...parts, missingLibraries: [] }),
  ]);

const sentenceOf = (faults: string[]) => `A GPU was asked for, and none would be used: ${faults.join("; ")}.`;

function missingParts({ hasDriver, devices, missingLibraries }: GpuParts): string[] {
  const faults = [];
  if (!hasDriver) faults.push("the NVIDIA driver is not loaded (no /proc/driver/nvidia/version)");
  if (devices.length === 0) faults.push("the driver lists no GPU");
  if (missingLibraries.length > 0) faults.push(`these libraries are not found: ${missingLibraries.join(", ")}`);
  return faults;
}

/** @param depsDir where the install put NVIDIA's libraries */
export function findGpuParts(depsDir: string, driverDir = "/proc/driver/nvidia"): GpuParts {
  const ours = listDir(join(depsDir, "nvidia")).map((name) => join(depsDir, "nvidia", name, "lib"));
  const folders = [...ours, ...(process.env.LD_LIBRARY_PATH ?? "").split(":").filter(Boolean)];
  const known = spawnSync("ldconfig", ["-p"], { encoding: "utf8" }).stdout ?? "";
  const isFound = (name: string) =>
    known.includes(`\t${name} `) || folders.some((folder) => existsSync(join(folder, name)));
  return {
    hasDriver: existsSync(join(driverDir, "version")),
    devices: listDir(join(driverDir, "gpus")).map((name) => modelOf(join(driverDir, "gpus", name, "information"))),
    missingLibraries: LIBRARIES.filter((name) => !isFound(name)),
  };
}

const modelOf = (path: string): string =>
  existsSync(path) ? (/^Model:\s*(.+)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? "GPU") : "GPU";

const listDir = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);

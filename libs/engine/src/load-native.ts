// Loads a native engine by path and makes it a backend of the workspace's own tfjs-core, so that model code and the gradients of
// libs/tensor run on it as they are. tfjs-node's main file is not used: it wants the union package, with other gradients.
import { createRequire, registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { describeCpu } from "./describe-cpu.ts";
import { findGpuParts, refuseGpu, refuseParts, refuseUninstalledGpu } from "./gpu.ts";
import { isInstalled, type NativeName, type NativePackage, nativePackage } from "./native-package.ts";

export const NATIVE_BACKEND = "tensorflow";

export type Native = {
  /** The workspace's tfjs-core; its current backend is the native one from now on. */
  tf: typeof tf;
  name: NativeName;
  /** As people know it: the processor or the graphics card. */
  device: string;
  versions: { tensorflow: string; tfjs: string };
};

/** "gpu" or "cpu" insist; left out, the GPU's package is taken where it is installed, else the CPU's. */
export type LoadOptions = { device?: "gpu" | "cpu" };

/**
 * @returns undefined when no native engine is installed and none was insisted on
 * @throws Error when a GPU would be asked for and the CPU used instead: it names what is missing
 */
export async function loadNative({ device }: LoadOptions = {}): Promise<Native | undefined> {
  const engine = chooseNative(device);
  if (!engine) return undefined;
  const isGpu = engine.name === "native-gpu";
  const parts = isGpu ? findGpuParts(engine.depsDir) : undefined;
  const refusal = parts && refuseParts(parts);
  if (refusal) throw new Error(refusal);
  const { binding, backend } = loadBackend(engine);
  if (!tf.findBackend(NATIVE_BACKEND)) tf.registerBackend(NATIVE_BACKEND, () => backend);
  await tf.setBackend(NATIVE_BACKEND);
  const late = parts && refuseGpu({ ...parts, isGpuChosen: binding.isUsingGpuDevice(), gigaflops: await timeMatmul() });
  if (late) throw new Error(late);
  return {
    tf,
    name: engine.name,
    device: parts?.devices.join(", ") ?? describeCpu(),
    versions: { tensorflow: binding.TF_Version, tfjs: tf.version_core },
  };
}

function chooseNative(device: LoadOptions["device"]): NativePackage | undefined {
  const gpu = nativePackage("native-gpu");
  const cpu = nativePackage("native");
  if (device === "gpu" && !isInstalled(gpu)) {
    throw new Error(refuseUninstalledGpu(findGpuParts(gpu.depsDir)));
  }
  return [gpu, cpu].find((one) => isInstalled(one) && !(one === gpu && device === "cpu"));
}

/** What Ursa uses of the compiled binding. */
type Binding = { TF_Version: string; isUsingGpuDevice(): boolean };

function loadBackend({ packageDir, bindingPath, npmName }: NativePackage) {
  addRemovedUtil();
  // Errors only: it would tell its build options at each start. It reads this when it is loaded.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  // On newer cards float32 would be multiplied with ten bits of mantissa. Other devices ignore it.
  process.env.NVIDIA_TF32_OVERRIDE ??= "0";
  const load = createRequire(import.meta.url);
  const hooks = shareTfjsCore(packageDir, load.resolve("@tensorflow/tfjs-core"));
  try {
    // These three paths and what they export are tfjs-node 4.22's, which the lockfile pins.
    const binding = load(bindingPath) as Binding;
    load(join(packageDir, "dist/register_all_kernels.js"));
    // As above.
    const { NodeJSKernelBackend } = load(join(packageDir, "dist/nodejs_kernel_backend.js")) as {
      NodeJSKernelBackend: new (binding: Binding, npmName: string) => tf.KernelBackend;
    };
    return { binding, backend: new NodeJSKernelBackend(binding, npmName) };
  } finally {
    hooks.deregister();
  }
}

/** tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed. */
function addRemovedUtil(): void {
  // The module object itself: `import util` would be a view of it that cannot be added to.
  const util = createRequire(import.meta.url)("node:util") as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
}

/** Under the engine's folder "@tensorflow/tfjs" and "…/tfjs-core" mean the workspace's copy, which holds the gradients. */
function shareTfjsCore(packageDir: string, corePath: string) {
  const within = pathToFileURL(packageDir).href;
  const url = pathToFileURL(corePath).href;
  return registerHooks({
    resolve(specifier, context, next) {
      const isShared = specifier === "@tensorflow/tfjs" || specifier === "@tensorflow/tfjs-core";
      if (!isShared || !context.parentURL?.startsWith(within)) return next(specifier, context);
      return { url, format: "commonjs", shortCircuit: true };
    },
  });
}

const MATMUL_SIZE = 4096;

/** GFLOP/s of one product of two 4096 x 4096 matrices; the first, which also starts the device, is not timed. */
async function timeMatmul(): Promise<number> {
  const a = tf.ones([MATMUL_SIZE, MATMUL_SIZE]);
  const product = async () => {
    const result = tf.tidy(() => tf.sum(tf.matMul(a, a)));
    await result.data();
    result.dispose();
  };
  await product();
  const startedAt = performance.now();
  await product();
  const seconds = (performance.now() - startedAt) / 1000;
  a.dispose();
  return (2 * MATMUL_SIZE ** 3) / seconds / 1e9;
}

// Where the native engines lie: each is a package of its own under engines/, outside the workspaces, found by path.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository: this lib runs from its sources only. */
export const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

const FOLDERS = { native: "tfjs-node", "native-gpu": "tfjs-node-gpu" } as const;
export type NativeName = keyof typeof FOLDERS;
export const NATIVE_NAMES: readonly NativeName[] = ["native-gpu", "native"];

export type NativePackage = {
  name: NativeName;
  /** As npm knows it. tfjs-node compares this name to learn whether it is the GPU's. */
  npmName: string;
  /** The package under engines/ that pins it. */
  dir: string;
  packageDir: string;
  /** Where the binding looks for TensorFlow's libraries (`lib`) and, being built, for headers (`include`). */
  depsDir: string;
  /** The last thing an install makes: where it is, the rest is. 8 is the newest N-API that tfjs-node 4.22 knows. */
  bindingPath: string;
};

export function nativePackage(name: NativeName, enginesDir = join(REPOSITORY, "engines")): NativePackage {
  const npmName = `@tensorflow/${FOLDERS[name]}`;
  const dir = join(enginesDir, FOLDERS[name]);
  const packageDir = join(dir, "node_modules", npmName);
  return {
    name,
    npmName,
    dir,
    packageDir,
    depsDir: join(packageDir, "deps"),
    bindingPath: join(packageDir, "lib/napi-v8/tfjs_binding.node"),
  };
}

export const isInstalled = ({ bindingPath }: NativePackage): boolean => existsSync(bindingPath);

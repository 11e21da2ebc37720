// What kustomize makes of an overlay, as objects. kubectl has kustomize built in and turns YAML into JSON, so no YAML parser is needed.
import { execFileSync, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { type Manifest, parseManifests } from "./manifest.ts";

const folder = resolve(import.meta.dirname, "../../deploy/k8s");

// No cluster is asked: this environment names none.
const options = {
  encoding: "utf8",
  maxBuffer: 64 * 2 ** 20,
  env: { ...process.env, KUBECONFIG: "/dev/null" },
} as const;

export const hasKubectl = (): boolean => spawnSync("kubectl", ["version", "--client"], options).status === 0;

/** @param path from deploy/k8s, such as `overlays/dev` */
export function render(path: string): Manifest[] {
  return readYaml(execFileSync("kubectl", ["kustomize", resolve(folder, path)], options));
}

/** The Secrets that secrets.sh prints. */
export function renderSecrets(): Manifest[] {
  return readYaml(execFileSync(resolve(folder, "secrets.sh"), options));
}

function readYaml(yaml: string): Manifest[] {
  // A patch that changes nothing; any kind of object passes, its own definition is not needed.
  const args = ["patch", "--local", "-f", "-", "--type=merge", "-p", "{}", "-o", "json"];
  const json = execFileSync("kubectl", args, { ...options, input: yaml });
  return parseManifests(JSON.parse(`[${json.trim().replaceAll(/^}\n{/gm, "},\n{")}]`));
}

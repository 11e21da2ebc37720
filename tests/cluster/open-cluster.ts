// The cluster of the tests: the one that KUBECONFIG names, or one of this machine's own where the tools for it are.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { runCommand } from "@ursa/testing/run-command";
import { createKubectl, type Kubectl } from "./kubectl.ts";

export type Cluster = AsyncDisposable & {
  kubectl: Kubectl;
  /** Of a cluster that tools/cluster/up started on this machine: where its state lies. */
  folder: string | undefined;
};

const tools = resolve(import.meta.dirname, "../../../shared/tools/cluster");

/** Where those tools put what they compile. */
const BUILT = process.env.CLUSTER_BIN ?? join(homedir(), ".cache/cluster-bin");

/** The images come from a Docker engine. */
const NEEDED = [
  ["kubectl", "version", "--client"],
  ["go", "version"],
  ["docker", "version"],
];

/** Why no cluster can be had here, in a sentence; undefined where one can. */
export function whyNoCluster(): string | undefined {
  if (process.env.KUBECONFIG) return undefined;
  if (!existsSync(tools)) return "KUBECONFIG names none, and there are no tools to start one";
  if (process.getuid?.() !== 0) return "KUBECONFIG names none, and starting one takes root";
  // Compiling Kubernetes and KEDA takes from ten minutes to half an hour: a person's decision, and more than a test run may take.
  const unbuilt = ["kube-apiserver", "keda-operator"].find((name) => !existsSync(join(BUILT, name)));
  if (unbuilt) return `KUBECONFIG names none, and ${unbuilt} is not built in ${BUILT} (${tools}/build and /keda do)`;
  const missing = NEEDED.find(([command = "", ...args]) => spawnSync(command, args).status !== 0);
  if (missing) return `KUBECONFIG names none, and starting one takes what answers \`${missing.join(" ")}\``;
  return undefined;
}

export async function openCluster(): Promise<Cluster> {
  const named = process.env.KUBECONFIG;
  if (named) {
    const folder = existsSync(join(dirname(named), "containerd.sock")) ? dirname(named) : undefined;
    return { kubectl: createKubectl(named), folder, async [Symbol.asyncDispose]() {} };
  }
  const folder = await mkdtemp(join(tmpdir(), "ursa-cluster-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  stack.defer(async () => void (await runCommand(join(tools, "down"), [folder])));
  await runCommand(join(tools, "up"), [folder]);
  await runCommand("bash", [join(import.meta.dirname, "settle-node.sh"), folder]);
  stack.defer(
    async () => void (await runCommand("bash", [join(import.meta.dirname, "settle-node.sh"), folder, "undo"])),
  );
  const held = stack.move();
  return {
    kubectl: createKubectl(join(folder, "kubeconfig")),
    folder,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Gives this machine's own cluster the images of its Docker engine; another one is expected to have or find them. */
export async function loadImages({ folder }: Cluster, images: string[]): Promise<void> {
  if (folder === undefined) return;
  const archive = join(folder, "images.tar");
  await runCommand("docker", ["save", "--output", archive, ...images]);
  await runCommand(join(tools, "load"), [folder, archive]);
  await rm(archive);
}

/** KEDA's operator, as a process beside this machine's own cluster. @returns false where it is the cluster's to have it */
export async function startKeda({ folder }: Cluster): Promise<boolean> {
  if (folder === undefined) return false;
  await runCommand(join(tools, "keda"), [folder]);
  return true;
}

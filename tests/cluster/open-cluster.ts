// The cluster of the tests: the one that KUBECONFIG names (`npm run test:cluster`), or one of this machine's own.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { runCommand } from "@ursa/testing/run-command";
import { z } from "zod";
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

/** Where the kubeconfig of a cluster lies that may be worked on: `npm run test:cluster` sets the other variable. */
export function namedCluster(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.URSA_TEST_CLUSTER === "named" ? env.KUBECONFIG || undefined : undefined;
}

const NONE = process.env.KUBECONFIG ? "KUBECONFIG counts for `npm run test:cluster` alone" : "KUBECONFIG names none";

/** Why no cluster can be had here, in a sentence; undefined where one can. */
export function whyNoCluster(): string | undefined {
  if (namedCluster() !== undefined)
    return answers(["kubectl", "version", "--client"]) ? undefined : "kubectl was not found";
  if (!existsSync(tools)) return `${NONE}, and there are no tools to start one`;
  if (process.getuid?.() !== 0) return `${NONE}, and starting one takes root`;
  // Compiling Kubernetes and KEDA takes from ten minutes to half an hour: a person's decision, and more than a test run may take.
  const unbuilt = ["kube-apiserver", "keda-operator"].find((name) => !existsSync(join(BUILT, name)));
  if (unbuilt) return `${NONE}, and ${unbuilt} is not built in ${BUILT} (${tools}/build and /keda do)`;
  const missing = NEEDED.find((command) => !answers(command));
  if (missing) return `${NONE}, and starting one takes what answers \`${missing.join(" ")}\``;
  return undefined;
}

const answers = ([command = "", ...args]: string[]) => spawnSync(command, args).status === 0;

export async function openCluster(): Promise<Cluster> {
  const named = namedCluster();
  if (named !== undefined) {
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

const deploymentsSchema = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

/** Whether KEDA's operator is a cluster's own, or can be started beside it. */
export async function hasKeda({ folder, kubectl }: Cluster): Promise<boolean> {
  if (folder !== undefined) return true;
  const { items } = await kubectl.read(deploymentsSchema, ["get", "deployment", "--all-namespaces"]);
  return items.some(({ metadata }) => metadata.name === "keda-operator");
}

/** KEDA's operator, as a process beside this machine's own cluster. @returns false where it is the cluster's to have it */
export async function startKeda({ folder }: Cluster): Promise<boolean> {
  if (folder === undefined) return false;
  await runCommand(join(tools, "keda"), [folder]);
  return true;
}

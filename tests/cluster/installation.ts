// Ursa in the cluster, as deploy/k8s/README.md sets it up, and its command line in the pod `client`.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { waitUntil } from "@ursa/testing/wait-until";
import { z } from "zod";
import { claimNamespace, MARK, makeRoom } from "./claims.ts";
import type { Kubectl } from "./kubectl.ts";
import type { Cluster } from "./open-cluster.ts";

export const NAMESPACE = "ursa";
export const MANIFESTS = resolve(import.meta.dirname, "../../deploy/k8s");
const GALLERY = "http://gallery.ursa.svc.cluster.local:8090";
/** Where the client has what it was given. */
const BROUGHT = "/tmp/brought";

const listSchema = z.object({ items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })) });

/** The namespace, new and empty. @throws Error where there is one that no run of this test made */
export async function prepareNamespace(kubectl: Kubectl): Promise<void> {
  await claimNamespace(kubectl, NAMESPACE);
  await kubectl(["apply", "-f", join(MANIFESTS, "base/namespace.yaml")]);
}

/** Overlay `demo`, running, in the namespace that prepareNamespace made. */
export async function install({ kubectl, folder }: Cluster): Promise<void> {
  const classes = await kubectl.read(listSchema, ["get", "storageclass"]);
  if (classes.items.length === 0) await provideVolumes(kubectl, folder);
  await kubectl(
    ["create", "-n", NAMESPACE, "-f", "-"],
    execFileSync(join(MANIFESTS, "secrets.sh"), { encoding: "utf8" }),
  );
  const overlay = await kubectl(["kustomize", join(MANIFESTS, "overlays/demo")]);
  await kubectl(["apply", "--validate=strict", "-f", "-"], withImages(overlay, process.env.URSA_TEST_IMAGES));
  await allReady(kubectl);
}

/** @param place PREFIX:TAG for all images of overlay `demo`, Redis and MinIO included; undefined leaves those of this machine */
export function withImages(overlay: string, place: string | undefined): string {
  if (!place) return overlay;
  const [, prefix, tag] = /^(.+):([^:/]+)$/.exec(place) ?? fail(`PREFIX:TAG in URSA_TEST_IMAGES=${place}`);
  return overlay.replaceAll(/docker\.io\/local\/([\w-]+):[\w.]+/g, `${prefix}/$1:${tag}`);
}

export async function allReady(kubectl: Kubectl): Promise<void> {
  for (const kind of ["statefulset", "deployment"]) {
    const { items } = await kubectl.read(listSchema, ["get", kind, "-n", NAMESPACE]);
    for (const { metadata } of items)
      await kubectl(["rollout", "status", "-n", NAMESPACE, `${kind}/${metadata.name}`, "--timeout=300s"]);
  }
}

/** Of a cluster that provisions no volumes: folders of its one node, which is this machine. */
async function provideVolumes(kubectl: Kubectl, folder: string | undefined): Promise<void> {
  if (folder === undefined)
    throw new Error("The cluster has no StorageClass, which Redis and MinIO of overlay dev need.");
  const volumes = ["redis", "minio"].map((name) => {
    const path = join(folder, "volumes", name);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return volumeOf(name, path);
  });
  for (const { metadata } of volumes) await makeRoom(kubectl, "pv", metadata.name);
  await kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: volumes }));
}

function volumeOf(name: string, path: string) {
  const isNode = { key: "kubernetes.io/hostname", operator: "Exists" };
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `ursa-test-${name}`, labels: MARK },
    spec: {
      capacity: { storage: "10Gi" },
      accessModes: ["ReadWriteOnce"],
      claimRef: { namespace: NAMESPACE, name: `data-${name}-0` },
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [isNode] }] } },
    },
  };
}

/** A shell-less command in the pod of a Deployment. */
export const execIn = (deployment: string, command: string[]): string[] => [
  "exec",
  "-i",
  "-n",
  NAMESPACE,
  `deploy/${deployment}`,
  "--",
  ...command,
];

/** Runs the command line within the cluster; `--json` is added. */
export async function ursa(kubectl: Kubectl, ...args: string[]): Promise<string> {
  return kubectl(execIn("client", ["ursa", ...args, "--json"]));
}

const keySchema = z.looseObject({ token: z.string() });
const reportSchema = z.looseObject({
  ok: z.boolean(),
  train: z.number(),
  valid: z.number(),
  stages: z.array(z.looseObject({ errorRate: z.number() })),
});

/**
 * `ursa demo` as README.md has it, with a key of its own, on the pictures that bringPictures brought.
 * @throws Error with what it said when it ends with another code than 0
 */
export async function runDemo(kubectl: Kubectl): Promise<z.output<typeof reportSchema>> {
  const { token } = keySchema.parse(JSON.parse(await ursa(kubectl, "key", "create", "visitor", "--scope", "write")));
  await kubectl(execIn("client", ["sh", "-c", `umask 077; cat >${BROUGHT}/key`]), token);
  const api = ["--api", "http://api:8080", "--key-file", `${BROUGHT}/key`];
  const words = ["demo", "--folder", `${BROUGHT}/pictures`, "--gallery", GALLERY, "--recipe", "quick", "--seed", "1"];
  return reportSchema.parse(JSON.parse(await ursa(kubectl, ...api, ...words)));
}

/** Asks until the answer has come: the API may be between two pods. */
export async function ursaUntil<S extends z.ZodType>(
  kubectl: Kubectl,
  { args, schema, holds, what }: { args: string[]; schema: S; holds: (answer: z.output<S>) => boolean; what: string },
): Promise<z.output<S>> {
  const ask = async () => {
    const { code, out } = await kubectl.ended(execIn("client", ["ursa", ...args, "--json"]));
    const answer = code === 0 ? schema.safeParse(JSON.parse(out)).data : undefined;
    return answer !== undefined && holds(answer) ? { answer } : undefined;
  };
  const { answer } = await waitUntil(ask, { what, timeoutMs: 600_000, intervalMs: 500 }).then(
    (found) => found ?? fail(what),
  );
  return answer;
}

function fail(what: string): never {
  throw new Error(`no ${what}`);
}

/** Puts a folder of pictures, one sub-folder per class, into the gallery and, with lists of their URLs, into the client. @returns pictures */
export async function bringPictures(kubectl: Kubectl, folder: string): Promise<number> {
  const work = mkdtempSync(join(tmpdir(), "ursa-pictures-"));
  mkdirSync(join(work, "lists"));
  const classes = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const lists = classes.map(({ name }) => ({ name, files: readdirSync(join(folder, name)) }));
  for (const { name, files } of lists) {
    const urls = files.map((file) => `${GALLERY}/${encodeURIComponent(name)}/${encodeURIComponent(file)}\n`);
    writeFileSync(join(work, "lists", `urls_${name}.txt`), urls.join(""));
  }
  const [first = ""] = lists.flatMap(({ name, files }) => files.map((file) => join(folder, name, file)));
  cpSync(first, join(work, "picture.jpg"));
  await kubectl(["cp", `${folder}/.`, `${NAMESPACE}/${await podOf(kubectl, "gallery")}:/pictures`]);
  const client = `${NAMESPACE}/${await podOf(kubectl, "client")}:${BROUGHT}`;
  await kubectl(["cp", `${work}/.`, client]);
  await kubectl(["cp", `${folder}/.`, `${client}/pictures`]);
  rmSync(work, { recursive: true });
  return lists.reduce((sum, { files }) => sum + files.length, 0);
}

/** Names of a component's pods, those that are about to go included. */
export async function podsOf(kubectl: Kubectl, component: string): Promise<string[]> {
  const selector = `app.kubernetes.io/component=${component}`;
  const { items } = await kubectl.read(listSchema, ["get", "pod", "-n", NAMESPACE, "-l", selector]);
  return items.map(({ metadata }) => metadata.name);
}

export async function podOf(kubectl: Kubectl, component: string): Promise<string> {
  const [first] = await podsOf(kubectl, component);
  return first ?? fail(`pod of ${component}`);
}

/** @returns the name of the pod that was told to go */
export async function deletePod(kubectl: Kubectl, component: string): Promise<string> {
  const name = await podOf(kubectl, component);
  await kubectl(["delete", "pod", "-n", NAMESPACE, name, "--wait=false"]);
  return name;
}

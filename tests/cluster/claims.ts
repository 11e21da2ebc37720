// What the test may delete on a cluster: only what it made itself, which it marks. A namespace of the same name may be somebody's work.
import { z } from "zod";
import type { Kubectl } from "./kubectl.ts";

/** The label of everything that the next run may take away. */
export const MARK = { "ursa.test/disposable": "true" };

const foundSchema = z.looseObject({
  metadata: z.looseObject({ labels: z.record(z.string(), z.string()).default({}) }),
});

/**
 * Makes room for an object, of which an earlier run may have left one.
 * @param kind "namespace" or "pv"
 * @throws Error where one is there that no run of this test made; it stays as it is
 */
export async function makeRoom(kubectl: Kubectl, kind: string, name: string): Promise<void> {
  const found = await kubectl(["get", kind, name, "--ignore-not-found", "-o", "json"]);
  if (found.trim() === "") return;
  const { labels } = foundSchema.parse(JSON.parse(found)).metadata;
  if (Object.entries(MARK).some(([label, value]) => labels[label] !== value)) {
    const mark = Object.keys(MARK).join();
    throw new Error(
      `The cluster has a ${kind} ${name} that this test did not make (it has no label ${mark}), and which a run would delete. ` +
        "Take another cluster, or delete it yourself.",
    );
  }
  await kubectl(["delete", kind, name, "--wait=true"]);
}

/** A new and empty namespace that the next run may delete. @throws Error as makeRoom, and where another makes one meanwhile */
export async function claimNamespace(kubectl: Kubectl, name: string): Promise<void> {
  await makeRoom(kubectl, "namespace", name);
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: MARK } };
  // Marked in one step, and not `apply`: that would take one that is there by now.
  await kubectl(["create", "--save-config", "-f", "-"], JSON.stringify(namespace));
}

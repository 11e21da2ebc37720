// The test on a cluster deletes a namespace by name: shown here to keep off one that it did not make, and off a cluster nobody gave it.
import { expect, test } from "vitest";
import { claimNamespace, MARK, makeRoom } from "./cluster/claims.ts";
import { withImages } from "./cluster/installation.ts";
import type { Kubectl } from "./cluster/kubectl.ts";
import { namedCluster } from "./cluster/open-cluster.ts";

/** A kubectl whose cluster has these objects, by kind and name with their labels, and no others; it writes down what else it was told. */
function clusterWith(objects: Record<string, Record<string, string>>) {
  const told: string[] = [];
  const kubectl = async ([verb, kind, name]: string[], input = "") => {
    const labels = objects[`${kind} ${name}`];
    if (verb === "get") return labels ? JSON.stringify({ metadata: { name, labels } }) : "";
    told.push(verb === "create" ? `create ${input}` : `${verb} ${kind} ${name}`);
    return "";
  };
  // The cast: what these functions use of it.
  return { kubectl: kubectl as Kubectl, told };
}

test.each(["namespace", "pv"])("a %s that somebody else made is refused, and stays", async (kind) => {
  const { kubectl, told } = clusterWith({ [`${kind} ursa`]: { "kubernetes.io/metadata.name": "ursa" } });
  await expect(makeRoom(kubectl, kind, "ursa")).rejects.toThrow(
    `a ${kind} ursa that this test did not make (it has no label ursa.test/disposable)`,
  );
  expect(told).toEqual([]);
});

test("what an earlier run left is deleted, and the new namespace is marked from its first moment", async () => {
  const { kubectl, told } = clusterWith({ "namespace ursa": { ...MARK, team: "any" } });
  await claimNamespace(kubectl, "ursa");
  expect(told).toHaveLength(2);
  expect(told[0]).toBe("delete namespace ursa");
  expect(told[1]).toContain('"name":"ursa","labels":{"ursa.test/disposable":"true"}');
});

test("where there is none, nothing is deleted", async () => {
  const { kubectl, told } = clusterWith({ "namespace other": {} });
  await claimNamespace(kubectl, "ursa");
  expect(told.map((each) => each.split(" ")[0])).toEqual(["create"]);
});

test("KUBECONFIG alone gives no leave: everybody who works with clusters has one", () => {
  expect(namedCluster({ KUBECONFIG: "/home/me/.kube/config" })).toBeUndefined();
  expect(namedCluster({ KUBECONFIG: "/home/me/.kube/config", URSA_TEST_CLUSTER: "named" })).toBe(
    "/home/me/.kube/config",
  );
});

test("URSA_TEST_IMAGES says where all images of a cluster elsewhere are", () => {
  const yaml = "image: docker.io/local/ursa-api:0.1.0\nimage: docker.io/local/redis:7\n";
  expect(withImages(yaml, "registry.example.com:5000/team/ursa:try-1")).toBe(
    "image: registry.example.com:5000/team/ursa/ursa-api:try-1\nimage: registry.example.com:5000/team/ursa/redis:try-1\n",
  );
  expect(withImages(yaml, undefined)).toBe(yaml);
  expect(() => withImages(yaml, "registry.example.com:5000/team")).toThrow("PREFIX:TAG");
});

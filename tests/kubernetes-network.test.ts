// Which pod may reach what, worked out from the NetworkPolicies of each overlay. Clusters without a plugin that enforces
// policies accept them all the same, so a trial there would prove nothing.
import { createAddressGuard } from "@ursa/fetch/address-guard";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { seededRandom } from "@ursa/testing/seeded-random";
import { describe, expect, test } from "vitest";
import { type Manifest, podsOf } from "./kubernetes/manifest.ts";
import { canReach, type Peer, type Port, policiesOf } from "./kubernetes/reach.ts";
import { hasKubectl, render } from "./kubernetes/render.ts";

const isAble = hasKubectl();
if (!isAble) reportAbsentPart("kubectl was not found, so the NetworkPolicies of deploy/k8s were not evaluated.");

const tcp = (port: number): Port => ({ protocol: "TCP", port });
const inNamespace = (name: string, labels: Record<string, string> = {}): Peer => ({
  namespaceLabels: { "kubernetes.io/metadata.name": name },
  labels,
});

const OUTSIDE: Record<string, { peer: Peer; port: Port }> = {
  dns: { peer: inNamespace("kube-system", { "k8s-app": "kube-dns" }), port: { protocol: "UDP", port: 53 } },
  "internet:443": { peer: { address: "93.184.215.14" }, port: tcp(443) },
  "internet:80": { peer: { address: "93.184.215.14" }, port: tcp(80) },
  "internet:22": { peer: { address: "93.184.215.14" }, port: tcp(22) },
  "internet6:443": { peer: { address: "2606:2800:21f:cb07::1" }, port: tcp(443) },
  "10.0.0.1:443": { peer: { address: "10.0.0.1" }, port: tcp(443) },
  "192.168.1.1:80": { peer: { address: "192.168.1.1" }, port: tcp(80) },
  "cloud metadata": { peer: { address: "169.254.169.254" }, port: tcp(80) },
  "unique local": { peer: { address: "fd00::1" }, port: tcp(443) },
  "other pod": { peer: inNamespace("default"), port: tcp(8080) },
  "outer redis": { peer: { address: "192.0.2.1" }, port: tcp(6379) },
  "outer store": { peer: { address: "192.0.2.17" }, port: tcp(443) },
};
const STRANGERS: Record<string, Peer> = {
  stranger: inNamespace("default"),
  prometheus: inNamespace("monitoring", { "app.kubernetes.io/name": "prometheus" }),
  keda: inNamespace("keda"),
  "the internet": { address: "93.184.215.14" },
};

const services = ["api", "downloader", "inferer", "inferer-batch", "trainer"];
const web = ["internet6:443", "internet:443", "internet:80"];

/** Who may open a connection to what, on the port that it serves. */
const expected: Record<string, Record<string, string[]>> = {
  "overlays/dev": {
    api: ["dns", "downloader", "inferer", "minio", "redis"],
    downloader: ["dns", "minio", "redis", ...web],
    trainer: ["dns", "minio", "redis"],
    inferer: ["dns", "minio"],
    "inferer-batch": ["dns", "minio", "redis"],
    redis: [],
    minio: [],
    stranger: ["api"],
    prometheus: services,
    keda: ["api", "redis"],
    "the internet": ["api"],
  },
  "overlays/demo": {
    api: ["dns", "downloader", "inferer", "minio", "redis"],
    downloader: ["dns", "gallery", "minio", "redis", ...web],
    trainer: ["dns", "minio", "redis"],
    inferer: ["dns", "minio"],
    "inferer-batch": ["dns", "minio", "redis"],
    redis: [],
    minio: [],
    gallery: [],
    client: ["api", "dns", "gallery"],
    stranger: ["api"],
    prometheus: services,
    keda: ["api", "redis"],
    "the internet": ["api"],
  },
  "overlays/prod": {
    api: ["dns", "downloader", "inferer", "outer redis", "outer store"],
    downloader: ["dns", "outer redis", "outer store", ...web],
    trainer: ["dns", "outer redis", "outer store"],
    inferer: ["dns", "outer store"],
    "inferer-batch": ["dns", "outer redis", "outer store"],
    stranger: ["api"],
    prometheus: services,
    keda: ["api"],
    "the internet": ["api"],
  },
};

describe.runIf(isAble).each(Object.keys(expected))("%s", (overlay) => {
  const manifests = isAble ? render(overlay) : [];
  test.each(Object.entries(expected[overlay] ?? {}))("%s reaches %j", (from, targets) => {
    expect(reachOf(manifests, from)).toEqual([...targets].sort());
  });

  test("every pod has its row", () => {
    const rows = Object.keys(expected[overlay] ?? {}).filter((name) => !(name in STRANGERS));
    expect(rows.sort()).toEqual(
      podsOf(manifests)
        .map(({ name }) => name)
        .sort(),
    );
  });
});

test.runIf(isAble)("gpu reaches what prod does", () => {
  const [prod, gpu] = [render("overlays/prod"), render("overlays/gpu")];
  for (const from of Object.keys(expected["overlays/prod"] ?? {}))
    expect(reachOf(gpu, from)).toEqual(reachOf(prod, from));
});

test.runIf(isAble)("the downloader's network and its own address check agree on what is public", () => {
  const manifests = render("overlays/prod");
  const policies = policiesOf(manifests);
  const downloader = podsOf(manifests).find(({ name }) => name === "downloader");
  const guard = createAddressGuard();
  if (!downloader) throw new Error("no downloader");
  for (const address of addresses()) {
    const isReached = canReach(policies, { from: { pod: downloader }, to: { address }, port: tcp(80) });
    expect({ address, isPublic: isReached }).toEqual({
      address,
      isPublic: isAllowed(() => guard.checkAddress(address, 80)),
    });
  }
});

function reachOf(manifests: Manifest[], from: string): string[] {
  const policies = policiesOf(manifests);
  const pods = podsOf(manifests);
  const own = pods.find(({ name }) => name === from);
  const source = own ? { pod: own } : STRANGERS[from];
  if (!source) throw new Error(`nobody is called ${from}`);
  const inside = pods
    .filter((pod) => pod !== own)
    .map((pod) => ({ name: pod.name, peer: { pod }, port: tcp(pod.spec.containers[0]?.ports[0]?.containerPort ?? 0) }));
  const outside = own ? Object.entries(OUTSIDE).map(([name, place]) => ({ name, ...place })) : [];
  return [...inside, ...outside]
    .filter(({ peer, port }) => canReach(policies, { from: source, to: peer, port }))
    .map(({ name }) => name)
    .sort();
}

/** Edges of the ranges that are special, and addresses from anywhere. */
function addresses(): string[] {
  const random = seededRandom("addresses");
  const byte = () => Math.floor(random.between(0, 256));
  const edges = [
    "9.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "100.128.0.0",
  ];
  const more = [
    "126.255.255.255",
    "127.0.0.1",
    "128.0.0.1",
    "168.63.129.15",
    "168.63.129.16",
    "168.63.129.17",
    "169.253.255.255",
    "169.254.169.254",
  ];
  const rest = [
    "172.15.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "172.32.0.0",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.167.255.255",
    "192.168.0.1",
  ];
  const last = [
    "198.17.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.20.0.0",
    "198.51.100.1",
    "203.0.113.1",
    "223.255.255.255",
    "224.0.0.1",
    "255.255.255.255",
  ];
  const v6 = [
    "2606:2800:21f:cb07::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2001::1",
    "fd00::1",
    "fe80::1",
    "::1",
    "::ffff:0:1",
    "64:ff9b::a00:1",
    "3fff::1",
  ];
  const anywhere = Array.from({ length: 400 }, () => [byte(), byte(), byte(), byte()].join("."));
  return [...edges, ...more, ...rest, ...last, ...v6, ...anywhere];
}

function isAllowed(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

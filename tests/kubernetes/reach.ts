// Who may reach whom under NetworkPolicy, worked out by its definition: a pod that any policy of a direction selects may do
// what one of them allows in that direction, any other pod may do everything; a connection needs both ends' consent.
// https://kubernetes.io/docs/concepts/services-networking/network-policies/
import { BlockList } from "node:net";
import { z } from "zod";
import { type Manifest, ofKind, type Pod, parseSelector, selects } from "./manifest.ts";

/** A pod of the rendered objects, a pod elsewhere in the cluster, or an address outside of it. */
export type Peer =
  | { pod: Pod }
  | { namespaceLabels: Record<string, string>; labels: Record<string, string> }
  | { address: string };
export type Port = { protocol: "TCP" | "UDP"; port: number };

const selectorSchema = z.unknown().transform(parseSelector);
const peerSchema = z.strictObject({
  podSelector: selectorSchema.optional(),
  namespaceSelector: selectorSchema.optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
const portSchema = z.strictObject({
  protocol: z.enum(["TCP", "UDP"]).default("TCP"),
  port: z.union([z.string(), z.number()]),
});
const [peers, ports] = [z.array(peerSchema).optional(), z.array(portSchema).optional()];
const ingressSchema = z.strictObject({ from: peers, ports }).transform(({ from, ports }) => ({ peers: from, ports }));
const egressSchema = z.strictObject({ to: peers, ports }).transform(({ to, ports }) => ({ peers: to, ports }));
const policySchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.strictObject({
    podSelector: selectorSchema,
    policyTypes: z.array(z.enum(["Ingress", "Egress"])),
    ingress: z.array(ingressSchema).default([]),
    egress: z.array(egressSchema).default([]),
  }),
});
type Policy = z.infer<typeof policySchema>;
type Rule = Policy["spec"]["egress"][number];
type Direction = "Ingress" | "Egress";

/** Every NetworkPolicy of the objects. @throws for what the evaluation does not know */
export const policiesOf = (manifests: Manifest[]): Policy[] =>
  ofKind(manifests, "NetworkPolicy").map((manifest) => policySchema.parse(manifest));

export const policiesFor = (policies: Policy[], pod: Pod, direction: Direction): Policy[] =>
  policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      spec.policyTypes.includes(direction) &&
      selects(spec.podSelector, pod.labels),
  );

/** Whether `from` may open a connection to `port` of `to`. */
export function canReach(policies: Policy[], { from, to, port }: { from: Peer; to: Peer; port: Port }): boolean {
  return (
    consents(policies, "Egress", { own: from, other: to, at: to, port }) &&
    consents(policies, "Ingress", { own: to, other: from, at: to, port })
  );
}

type Connection = { own: Peer; other: Peer; at: Peer; port: Port };

function consents(policies: Policy[], direction: Direction, { own, other, at, port }: Connection): boolean {
  if (!("pod" in own)) return true;
  const applying = policiesFor(policies, own.pod, direction);
  if (applying.length === 0) return true;
  const rules = (policy: Policy) => (direction === "Egress" ? policy.spec.egress : policy.spec.ingress);
  return applying.some((policy) =>
    rules(policy).some((rule) => admits(rule, { other, at, port, namespace: policy.metadata.namespace })),
  );
}

type Admission = { other: Peer; at: Peer; port: Port; namespace: string };

function admits({ peers, ports }: Rule, { other, at, port, namespace }: Admission): boolean {
  const isPort =
    ports === undefined || ports.some((one) => one.protocol === port.protocol && numberOf(one.port, at) === port.port);
  return isPort && (peers === undefined || peers.some((peer) => isPeer(peer, other, namespace)));
}

/** A port's name is looked up in the pod that is connected to. */
function numberOf(port: string | number, at: Peer): number | undefined {
  if (typeof port === "number") return port;
  if (!("pod" in at)) return undefined;
  return at.pod.spec.containers.flatMap(({ ports }) => ports).find(({ name }) => name === port)?.containerPort;
}

function isPeer(peer: z.infer<typeof peerSchema>, other: Peer, namespace: string): boolean {
  if ("address" in other) return peer.ipBlock !== undefined && isWithin(peer.ipBlock, other.address);
  if (peer.ipBlock) return false;
  const labels = "pod" in other ? other.pod.labels : other.labels;
  if (peer.podSelector && !selects(peer.podSelector, labels)) return false;
  if (peer.namespaceSelector) return selects(peer.namespaceSelector, namespaceLabelsOf(other));
  return "pod" in other && other.pod.namespace === namespace;
}

const namespaceLabelsOf = (other: Exclude<Peer, { address: string }>): Record<string, string> =>
  "pod" in other ? { "kubernetes.io/metadata.name": other.pod.namespace } : other.namespaceLabels;

function isWithin({ cidr, except }: { cidr: string; except: string[] }, address: string): boolean {
  const family = address.includes(":") ? "ipv6" : "ipv4";
  const list = (cidrs: string[]) => {
    const blocks = new BlockList();
    for (const one of cidrs) {
      const [net = "", prefix] = one.split("/");
      blocks.addSubnet(net, Number(prefix), net.includes(":") ? "ipv6" : "ipv4");
    }
    return blocks;
  };
  return list([cidr]).check(address, family) && !list(except).check(address, family);
}

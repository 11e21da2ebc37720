// Whether what refers to something refers to something that is there.
import { z } from "zod";
import { type Manifest, ofKind, type Pod, parseSelector, podsOf, selects } from "./manifest.ts";
import type { Policy } from "./pod-policies.ts";
import { policiesFor, policiesOf } from "./reach.ts";

const dataSchema = z.object({ data: z.record(z.string(), z.string()).default({}) });
const keysOf = (manifests: Manifest[], kind: string): Set<string> =>
  new Set(
    ofKind(manifests, kind).flatMap((one) => [
      `${kind} ${one.metadata.name}`,
      ...Object.keys(dataSchema.parse(one).data).map((key) => `${kind} ${one.metadata.name}/${key}`),
    ]),
  );

/** @param secrets what the operator makes by secrets.sh, or by hand under the same names */
export const referencesExist =
  (secrets: Manifest[]): Policy =>
  (manifests) => {
    const known = new Set([
      ...keysOf(manifests, "ConfigMap"),
      ...keysOf(secrets, "Secret"),
      ...["ServiceAccount", "PriorityClass"].flatMap((kind) =>
        ofKind(manifests, kind).map(({ metadata }) => `${kind} ${metadata.name}`),
      ),
    ]);
    const wanted = podsOf(manifests).flatMap((pod) => referencesOf(pod).map((reference) => ({ pod, reference })));
    const triggers = ofKind(manifests, "TriggerAuthentication").flatMap(secretKeysOf);
    const missing = [...wanted.map(({ pod, reference }) => ({ by: pod.name, reference })), ...triggers];
    return missing
      .filter(({ reference }) => !known.has(reference))
      .map(({ by, reference }) => `${by} refers to ${reference}, which is not there`);
  };

const authenticationSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ secretTargetRef: z.array(z.object({ name: z.string(), key: z.string() })) }),
});

function secretKeysOf(manifest: Manifest): { by: string; reference: string }[] {
  const { metadata, spec } = authenticationSchema.parse(manifest);
  return spec.secretTargetRef.map(({ name, key }) => ({ by: metadata.name, reference: `Secret ${name}/${key}` }));
}

function referencesOf({ spec }: Pod): string[] {
  const env = spec.containers
    .flatMap((container) => container.env)
    .flatMap(({ valueFrom: { configMapKeyRef, secretKeyRef } = {} }) => [
      ...(configMapKeyRef ? [`ConfigMap ${configMapKeyRef.name}/${configMapKeyRef.key}`] : []),
      ...(secretKeyRef ? [`Secret ${secretKeyRef.name}/${secretKeyRef.key}`] : []),
    ]);
  const volumes = spec.volumes.flatMap(({ secret, configMap }) => [
    ...(secret ? [`Secret ${secret.secretName}`] : []),
    ...(secret?.items ?? []).map(({ key }) => `Secret ${secret?.secretName}/${key}`),
    ...(configMap ? [`ConfigMap ${configMap.name}`] : []),
  ]);
  const account = spec.serviceAccountName ? [`ServiceAccount ${spec.serviceAccountName}`] : [];
  return [...env, ...volumes, ...account, `PriorityClass ${spec.priorityClassName}`];
}

export const mountsExist: Policy = (manifests) =>
  podsOf(manifests).flatMap(({ name, spec, claims }) => {
    const volumes = [...spec.volumes.map((volume) => volume.name), ...claims];
    const mounts = spec.containers.flatMap(({ volumeMounts }) => volumeMounts);
    return mounts
      .filter((mount) => !volumes.includes(mount.name))
      .map((mount) => `${name} mounts ${mount.name}, which is no volume of it`);
  });

const serviceSchema = z.object({
  spec: z.looseObject({
    selector: z.record(z.string(), z.string()),
    ports: z.array(z.looseObject({ targetPort: z.union([z.string(), z.number()]) })),
  }),
});

export const servicesFindPods: Policy = (manifests) =>
  ofKind(manifests, "Service").flatMap((service) => {
    const { selector, ports } = serviceSchema.parse(service).spec;
    const pods = podsOf(manifests).filter(({ labels }) => selects({ matchLabels: selector }, labels));
    if (pods.length === 0) return [`Service ${service.metadata.name} selects no pod`];
    return pods.flatMap(({ name, spec }) => {
      const open = spec.containers
        .flatMap((container) => container.ports)
        .flatMap((port) => [port.name, port.containerPort]);
      return ports
        .filter(({ targetPort }) => !open.includes(targetPort))
        .map(
          ({ targetPort }) =>
            `Service ${service.metadata.name} sends to port ${targetPort}, which ${name} does not have`,
        );
    });
  });

const selecting: Record<string, (spec: Record<string, unknown>) => unknown> = {
  NetworkPolicy: ({ podSelector }) => podSelector,
  PodDisruptionBudget: ({ selector }) => selector,
};
const specSchema = z.object({ spec: z.looseObject({}) });

export const selectorsFindPods: Policy = (manifests) =>
  Object.entries(selecting).flatMap(([kind, selectorOf]) =>
    ofKind(manifests, kind)
      .filter((one) => {
        const selector = parseSelector(selectorOf(specSchema.parse(one).spec));
        return !podsOf(manifests).some(({ labels }) => selects(selector, labels));
      })
      .map(({ metadata }) => `${kind} ${metadata.name} selects no pod`),
  );

const scaledSchema = z.object({ spec: z.looseObject({ scaleTargetRef: z.looseObject({ name: z.string() }) }) });

/** Two autoscalers of one Deployment would pull it to and fro. */
export const autoscalersHaveTheirOwnTarget: Policy = (manifests) => {
  const scalers = ["HorizontalPodAutoscaler", "ScaledObject"].flatMap((kind) => ofKind(manifests, kind));
  const targets = scalers.map((one) => scaledSchema.parse(one).spec.scaleTargetRef.name);
  const deployments = ofKind(manifests, "Deployment").map(({ metadata }) => metadata.name);
  return [
    ...targets
      .filter((target) => !deployments.includes(target))
      .map((target) => `an autoscaler scales ${target}, which is no Deployment`),
    ...targets.filter((target, at) => targets.indexOf(target) !== at).map((target) => `${target} has two autoscalers`),
  ];
};

/** Every pod there is, and any that comes later: one policy selects them all and allows nothing. */
export const networkIsClosed: Policy = (manifests) => {
  const policies = policiesOf(manifests);
  const [anyPod] = podsOf(manifests).map((pod) => ({ ...pod, name: "a pod that comes later", labels: {} }));
  return [...podsOf(manifests), ...(anyPod ? [anyPod] : [])].flatMap((pod) =>
    (["Ingress", "Egress"] as const)
      .filter((direction) => policiesFor(policies, pod, direction).length === 0)
      .map((direction) => `no NetworkPolicy restricts ${direction} of ${pod.name}`),
  );
};

// Kubernetes objects as kustomize renders them, parsed as far as the checks of this folder look into them.
import { z } from "zod";

const selectorSchema = z.looseObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(["In", "NotIn", "Exists"]),
        values: z.array(z.string()).default([]),
      }),
    )
    .optional(),
});
const keyRefSchema = z.object({ name: z.string(), key: z.string() });
const quantitiesSchema = z.record(z.string(), z.union([z.string(), z.number()]));
const volumeSchema = z.looseObject({
  name: z.string(),
  emptyDir: z.looseObject({ sizeLimit: z.string().optional() }).optional(),
  secret: z
    .looseObject({ secretName: z.string(), items: z.array(z.looseObject({ key: z.string() })).optional() })
    .optional(),
  configMap: z.looseObject({ name: z.string() }).optional(),
});
const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z
          .looseObject({ configMapKeyRef: keyRefSchema.optional(), secretKeyRef: keyRefSchema.optional() })
          .optional(),
      }),
    )
    .default([]),
  ports: z.array(z.looseObject({ name: z.string(), containerPort: z.number() })).default([]),
  resources: z
    .object({ requests: quantitiesSchema.default({}), limits: quantitiesSchema.default({}) })
    .default({ requests: {}, limits: {} }),
  securityContext: z.looseObject({}).default({}),
  lifecycle: z
    .looseObject({ preStop: z.looseObject({ sleep: z.object({ seconds: z.number() }) }).optional() })
    .optional(),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
});
const podSpecSchema = z.looseObject({
  serviceAccountName: z.string().optional(),
  priorityClassName: z.string().optional(),
  terminationGracePeriodSeconds: z.number().optional(),
  containers: z.array(containerSchema),
  volumes: z.array(volumeSchema).default([]),
});
const labelsSchema = z.record(z.string(), z.string()).default({});
const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional(), labels: labelsSchema }),
});
const workloadSchema = z.object({
  spec: z.looseObject({
    template: z.object({ metadata: z.object({ labels: labelsSchema }), spec: podSpecSchema }),
    selector: selectorSchema.optional(),
    volumeClaimTemplates: z.array(z.looseObject({ metadata: z.object({ name: z.string() }) })).default([]),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Selector = z.infer<typeof selectorSchema>;
export type Container = z.infer<typeof containerSchema>;
export type Pod = {
  name: string;
  kind: string;
  namespace: string;
  labels: Record<string, string>;
  spec: z.infer<typeof podSpecSchema>;
  /** Names of the claims that a StatefulSet makes. */
  claims: string[];
};

const WORKLOADS = ["Deployment", "StatefulSet", "Job"];

/** @throws when something is no Kubernetes object */
export function parseManifests(objects: unknown[]): Manifest[] {
  return objects.map((object) => manifestSchema.parse(object));
}

export const ofKind = (manifests: Manifest[], kind: string): Manifest[] => manifests.filter((one) => one.kind === kind);

/** The pods that the workloads among `manifests` run, one of each. */
export function podsOf(manifests: Manifest[]): Pod[] {
  return manifests
    .filter(({ kind }) => WORKLOADS.includes(kind))
    .map((manifest) => {
      const { template, volumeClaimTemplates } = workloadSchema.parse(manifest).spec;
      return {
        name: manifest.metadata.name,
        kind: manifest.kind,
        namespace: manifest.metadata.namespace ?? "default",
        labels: template.metadata.labels,
        spec: template.spec,
        claims: volumeClaimTemplates.map(({ metadata }) => metadata.name),
      };
    });
}

export function parseSelector(value: unknown): Selector {
  return selectorSchema.parse(value);
}

/** An empty selector takes everything, as in Kubernetes. */
export function selects(selector: Selector, labels: Record<string, string>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const isEqual = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    isEqual &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      return values.includes(value ?? "") === (operator === "In");
    })
  );
}

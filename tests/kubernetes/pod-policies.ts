// What every pod must be like. Each policy gives a sentence for each thing that is not so.
import { z } from "zod";
import { type Container, type Manifest, ofKind, type Pod, podsOf } from "./manifest.ts";

export type Policy = (manifests: Manifest[]) => string[];

const LABELS = ["name", "instance", "version", "component", "part-of", "managed-by"];
/** Volumes that the restricted profile of Pod Security lets pods have. */
const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];
/** A service gives up by itself after 30 s (libs/service/src/run-service.ts); less would be a kill in the middle of that. */
const STOP_DEADLINE_S = 30;

/** Pods that run for ever; a Job ends. */
const isService = ({ kind }: Pod): boolean => kind !== "Job";

const eachPod = (manifests: Manifest[], find: (pod: Pod) => string[]): string[] =>
  podsOf(manifests).flatMap((pod) => find(pod).map((finding) => `${pod.kind} ${pod.name}: ${finding}`));

const eachContainer = (manifests: Manifest[], find: (container: Container, pod: Pod) => string[]): string[] =>
  eachPod(manifests, (pod) => pod.spec.containers.flatMap((container) => find(container, pod)));

/** @param version of this checkout, which its own images carry */
export const imagesArePinned =
  (version: string): Policy =>
  (manifests) =>
    eachContainer(manifests, ({ image }) => {
      const [, tag] = /:([^:/]+)$/.exec(image) ?? [];
      if (tag === undefined || tag === "latest") return [`image ${image} has no fixed tag`];
      return /\/ursa-/.test(image) && tag !== version ? [`image ${image} is not of version ${version}`] : [];
    });

export const probesArePresent: Policy = (manifests) =>
  eachContainer(manifests, (container, pod) => {
    if (!isService(pod)) return [];
    return ["startupProbe", "livenessProbe", "readinessProbe"]
      .filter((probe) => !(probe in container))
      .map((probe) => `no ${probe}`);
  });

const pathSchema = z.looseObject({ httpGet: z.looseObject({ path: z.string() }) });

/** Liveness that looked at Redis would restart everything when Redis is away. */
export const probesAskTheRightQuestion: Policy = (manifests) =>
  eachContainer(manifests, (container, { labels }) => {
    if (labels["app.kubernetes.io/name"] !== "ursa") return [];
    const path = (probe: string) => pathSchema.safeParse(container[probe]).data?.httpGet.path;
    const expected = { startupProbe: "/livez", livenessProbe: "/livez", readinessProbe: "/readyz" };
    return Object.entries(expected)
      .filter(([probe, wanted]) => probe in container && path(probe) !== wanted)
      .map(([probe, wanted]) => `${probe} does not ask ${wanted}`);
  });

export const resourcesAreBounded: Policy = (manifests) =>
  eachContainer(manifests, ({ resources: { requests, limits } }) => {
    const unasked = ["cpu", "memory", "ephemeral-storage"]
      .filter((name) => !(name in requests))
      .map((name) => `no request of ${name}`);
    const unbounded = ["memory", "ephemeral-storage"]
      .filter((name) => !(name in limits))
      .map((name) => `no limit of ${name}`);
    const promised = requests.memory === limits.memory ? [] : ["memory request and limit differ"];
    return [...unasked, ...unbounded, ...promised];
  });

export const scratchSpaceIsBounded: Policy = (manifests) =>
  eachPod(manifests, ({ spec }) =>
    spec.volumes
      .filter(({ emptyDir }) => emptyDir && !emptyDir.sizeLimit)
      .map(({ name }) => `emptyDir ${name} has no sizeLimit`),
  );

export const labelsAreComplete: Policy = (manifests) =>
  eachPod(manifests, ({ labels }) =>
    LABELS.map((label) => `app.kubernetes.io/${label}`)
      .filter((label) => !labels[label])
      .map((label) => `its pods have no label ${label}`),
  );

const hardPodSchema = z.looseObject({
  automountServiceAccountToken: z.literal(false),
  enableServiceLinks: z.literal(false),
  hostNetwork: z.literal(false).optional(),
  hostPID: z.literal(false).optional(),
  hostIPC: z.literal(false).optional(),
  securityContext: z.looseObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.number().min(1),
    seccompProfile: z.looseObject({ type: z.literal("RuntimeDefault") }),
  }),
});
const hardContainerSchema = z.looseObject({
  allowPrivilegeEscalation: z.literal(false),
  readOnlyRootFilesystem: z.literal(true),
  capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
});

const faultsOf = (schema: z.ZodType, value: unknown): string[] =>
  schema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

/** The restricted profile, and beyond it: a read-only root, no token, no variables that Kubernetes makes up. */
export const podsAreHardened: Policy = (manifests) =>
  eachPod(manifests, ({ spec }) => {
    const volumes = spec.volumes.flatMap((volume) =>
      Object.keys(volume).filter((key) => key !== "name" && !VOLUMES.includes(key)),
    );
    const containers = spec.containers.flatMap(({ securityContext }) => faultsOf(hardContainerSchema, securityContext));
    return [...faultsOf(hardPodSchema, spec), ...containers, ...volumes.map((kind) => `a volume is a ${kind}`)];
  });

/** Time to stop: what the service takes at most, and before that the moment in which its Service still sends it requests. */
export const stopsAreGraceful: Policy = (manifests) =>
  eachPod(manifests, ({ spec, labels, kind }) => {
    if (labels["app.kubernetes.io/name"] !== "ursa" || kind === "Job") return [];
    const pause = spec.containers[0]?.lifecycle?.preStop?.sleep.seconds ?? 0;
    const grace = spec.terminationGracePeriodSeconds ?? 0;
    const isServed = ofKind(manifests, "Service").some(
      ({ metadata }) => metadata.name === labels["app.kubernetes.io/component"],
    );
    return [
      ...(grace > STOP_DEADLINE_S + pause
        ? []
        : [`${grace} s of grace are less than ${pause} s of preStop and ${STOP_DEADLINE_S} s to stop`]),
      ...(isServed && pause === 0 ? ["no preStop, and a Service sends it requests"] : []),
    ];
  });

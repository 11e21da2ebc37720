// Whether the manifests agree with the services' own source: their configuration schemas and the queues that they work off.
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { QUEUE_NAMES } from "@ursa/contracts/queues";
import { variablesOf } from "@ursa/service/config";
import { z } from "zod";
import { apiConfig } from "../../services/api/src/config.ts";
import { downloaderConfig } from "../../services/downloader/src/config.ts";
import { infererConfig } from "../../services/inferer/src/config.ts";
import { trainerConfig } from "../../services/trainer/src/config.ts";
import { type Container, type Manifest, ofKind, type Pod, podsOf } from "./manifest.ts";
import type { Policy } from "./pod-policies.ts";

const SERVICES: Record<string, { schema: z.ZodObject; source: string }> = {
  api: { schema: apiConfig, source: "api" },
  downloader: { schema: downloaderConfig, source: "downloader" },
  trainer: { schema: trainerConfig, source: "trainer" },
  inferer: { schema: infererConfig, source: "inferer" },
  "inferer-batch": { schema: infererConfig, source: "inferer" },
};
/** Left at its default on purpose. */
const UNUSED: Record<string, string[]> = {
  // The classify role opens no connection to Redis.
  inferer: ["URSA_REDIS_URL"],
};
const NO_QUOTA = "how much one namespace may take is for whoever shares an installation to say (docs/quotas.md)";
/** Variables that no manifest has to set, because: */
const AT_DEFAULT: Record<string, string> = {
  URSA_PORT: "the image says it, and the containers' ports are those",
  URSA_FAILPOINT: "it is for tests, and refused where NODE_ENV is production",
  URSA_KEYS: "there is an admin key, so keys are asked for",
  URSA_OPEN_ON: "nobody is answered without a key",
  URSA_ADMIN_KEY_FORMER: "there is one for a day, while the admin key is changed (deploy/k8s/README.md)",
  URSA_ADMIN_KEY_FORMER_UNTIL: "as the former key itself",
  URSA_STORE_PUBLIC_URL: "only the installation knows whether callers reach its store; else the API answers them",
  URSA_QUOTA_JOBS: NO_QUOTA,
  URSA_QUOTA_URLS_PER_DAY: NO_QUOTA,
  URSA_QUOTA_TRAINING_MINUTES_PER_DAY: NO_QUOTA,
  URSA_QUOTA_STORED_MB: NO_QUOTA,
  URSA_QUOTA_REQUESTS_PER_MINUTE: NO_QUOTA,
  URSA_QUOTA_OVERRIDES: NO_QUOTA,
  URSA_LOCK_S: "it outlasts a pause of a node and mends a crash within a minute",
  URSA_CONCURRENCY: "the downloader's memory limit counts with it",
  URSA_FETCH_TIMEOUT_S: "it is a matter of the hosts that are asked, not of the cluster",
  URSA_USER_AGENT: "Ursa and its version; how to reach you is yours to add",
  URSA_FETCH_ALLOW: "nothing private is fetched; component demo allows its gallery",
  URSA_MODEL_CACHE_MB: "the inferers' memory limits count with it",
  URSA_TRAINER_ENGINE: "each image has one engine that auto finds; overlay gpu says native-gpu",
  URSA_GRAPH_CACHE_MB: "the sizeLimit of `work` counts with it",
  URSA_WEIGHTS_DIR: "the image says it",
  URSA_TRAIN_MEMORY_MB: "it is three quarters of the container's limit by itself",
};
/** The keys of a BullMQ queue in which a job may be that wants a worker. */
const STATES = ["wait", "prioritized", "active", "delayed"];

const serviceOf = ({ labels }: Pod) => SERVICES[labels["app.kubernetes.io/component"] ?? ""];

/** The commands' own containers (a Job that runs the CLI) read no schema of a service. */
const servicePods = (manifests: Manifest[]) =>
  podsOf(manifests).flatMap((pod) => {
    const service = serviceOf(pod);
    const container = pod.spec.containers[0];
    return service && container ? [{ pod, container, variables: variablesOf(service.schema) }] : [];
  });

export const variablesAreKnown: Policy = (manifests) =>
  servicePods(manifests).flatMap(({ pod, container, variables }) => {
    const known = Object.entries(variables).flatMap(([name, { secret }]) => (secret ? [name, `${name}_FILE`] : [name]));
    return namesOf(container)
      .filter((name) => name.startsWith("URSA_") && !known.includes(name))
      .map((name) => `${pod.name} sets ${name}, which it does not read`);
  });

/** A default that means this machine is wrong in a container: it must be said where the thing is. */
export const placesAreSaid: Policy = (manifests) =>
  servicePods(manifests).flatMap(({ pod, container, variables }) => {
    const set = namesOf(container);
    return Object.entries(variables)
      .filter(([name, variable]) => isOfThisMachine(variable.default) && !UNUSED[pod.name]?.includes(name))
      .filter(([name]) => !set.includes(name) && !set.includes(`${name}_FILE`))
      .map(([name]) => `${pod.name} does not set ${name}`);
  });

/** Every variable of a service's schema is set, or left at its default for a reason that is written down. */
export const defaultsAreMeant: Policy = (manifests) => {
  const services = servicePods(manifests);
  const known = new Set(services.flatMap(({ variables }) => Object.keys(variables)));
  const unset = services.flatMap(({ pod, container, variables }) => {
    const meant = [...namesOf(container), ...Object.keys(AT_DEFAULT), ...(UNUSED[pod.name] ?? [])];
    return Object.keys(variables)
      .filter((name) => !meant.includes(name) && !meant.includes(`${name}_FILE`))
      .map((name) => `${pod.name} does not set ${name}, and nobody says why`);
  });
  const gone = Object.keys(AT_DEFAULT).filter((name) => !known.has(name));
  return [...unset, ...gone.map((name) => `${name} is said to be left at its default, and no service reads it`)];
};

const namesOf = (container: Container): string[] => container.env.map(({ name }) => name);

const isOfThisMachine = (value: unknown): boolean => typeof value === "string" && /127\.0\.0\.1|^folder:/.test(value);

/** Environments are shown by `kubectl describe` and inherited by children; Secrets come as files. */
export const secretsAreFiles: Policy = (manifests) => {
  const secretNames = new Set(
    Object.values(SERVICES).flatMap(({ schema }) =>
      Object.entries(variablesOf(schema))
        .filter(([, { secret }]) => secret)
        .map(([name]) => name),
    ),
  );
  const looksSecret = (name: string) => secretNames.has(name) || /(PASSWORD|SECRET|TOKEN|KEY|PASSPHRASE)$/.test(name);
  const env = podsOf(manifests).flatMap(({ name: pod, spec }) =>
    spec.containers
      .flatMap((container) => container.env)
      .filter(
        ({ name, value, valueFrom }) =>
          (looksSecret(name) && value !== undefined) || valueFrom?.secretKeyRef || holdsPassword(value),
      )
      .map(({ name }) => `${pod} has a secret in its environment: ${name}`),
  );
  const committed = ofKind(manifests, "Secret").map(({ metadata }) => `Secret ${metadata.name} is among the manifests`);
  const maps = ofKind(manifests, "ConfigMap").filter((one) => holdsPassword(JSON.stringify(one.data)));
  return [...env, ...committed, ...maps.map(({ metadata }) => `ConfigMap ${metadata.name} has a password in a URL`)];
};

const holdsPassword = (text = ""): boolean => /:\/\/[^/\s"@]*:[^/\s"@]+@/.test(text);

const scaledObjectSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    advanced: z.object({ scalingModifiers: z.object({ formula: z.string() }) }),
    triggers: z.array(z.object({ name: z.string(), metadata: z.object({ listName: z.string() }) })),
  }),
});

/** Each worker is scaled by every key of every queue that it works off, and by nothing else; and each key counts. */
export const queuesAreWatched: Policy = (manifests) =>
  ofKind(manifests, "ScaledObject").flatMap((manifest) => {
    const { metadata, spec } = scaledObjectSchema.parse(manifest);
    const expected = queuesOf(metadata.name).flatMap((queue) => STATES.map((state) => `bull:${queue}:${state}`));
    const watched = spec.triggers.map(({ metadata: { listName } }) => listName);
    const formula = spec.advanced.scalingModifiers.formula;
    return [
      ...expected.filter((key) => !watched.includes(key)).map((key) => `${metadata.name} does not watch ${key}`),
      ...watched
        .filter((key) => !expected.includes(key))
        .map((key) => `${metadata.name} watches ${key}, which it does not work off`),
      ...spec.triggers
        .filter(({ name }) => !formula.match(/\w+/g)?.includes(name))
        .map(({ name }) => `${metadata.name} does not count ${name}`),
    ];
  });

/** Every queue has an autoscaler, where there are any: a queue of a worker at zero would wait for ever. */
export const everyQueueIsScaled: Policy = (manifests) => {
  const scaled = ofKind(manifests, "ScaledObject").flatMap(({ metadata }) => queuesOf(metadata.name));
  return scaled.length === 0
    ? []
    : QUEUE_NAMES.filter((queue) => !scaled.includes(queue)).map((queue) => `nothing is scaled by queue ${queue}`);
};

/** By the calls of `startWorker` in the service's source. */
function queuesOf(component: string): string[] {
  const source = SERVICES[component]?.source;
  if (source === undefined) return [];
  const folder = resolve(import.meta.dirname, "../../services", source, "src");
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && !/\.(test|fixture)\.ts$/.test(name));
  const text = files.map((name) => readFileSync(resolve(folder, name), "utf8")).join("\n");
  return [...text.matchAll(/startWorker\(\{[^}]*?queue: "(\w+)"/gs)].flatMap(([, queue]) => queue ?? []);
}

// Configuration comes from URSA_* variables only. All faults are told at once, so that a person mends them in one go.
import { availableParallelism } from "node:os";
import { z } from "zod";
import { describeFault } from "./describe-fault.ts";
import { LOG_LEVELS } from "./logger.ts";
import { readSecretFiles } from "./secret-files.ts";
import { StartupError } from "./startup-error.ts";
import { unknownVariables } from "./unknown-variables.ts";
import { VERSION } from "./version.ts";

/** The message lists every variable at fault: its name, what was expected and what came. */
export class ConfigError extends StartupError {
  override name = "ConfigError";
}

/** Beyond four threads one picture of a small network gains nothing; more pictures at once are more processes. */
const MAX_THREADS = 4;

// `secret: true`: the value is never shown, and NAME_FILE may name a file that holds it.
const secret = true;

/** Variables of every service. Spread them into a service's own schema. */
export const commonConfig = {
  URSA_REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: "expected a URL like redis://127.0.0.1:6379" })
    .default("redis://127.0.0.1:6379")
    .meta({ description: "Redis, as redis:// or rediss:// (TLS), with user and password where it has them", secret }),
  URSA_STORE_URL: z
    .string()
    .default("folder:.ursa/store")
    .meta({ description: "Object store: folder:path, file:///path, or s3:// with endpoint and bucket" }),
  URSA_STORE_ACCESS_KEY: z.string().optional().meta({ description: "Access key of an S3 store", secret }),
  URSA_STORE_SECRET_KEY: z.string().optional().meta({ description: "Secret key of an S3 store", secret }),
  URSA_HOST: z
    .string()
    .default("127.0.0.1")
    .meta({ description: "Address to listen on; 0.0.0.0 answers other machines, which takes an API with keys" }),
  ...portConfig(0, "Port to listen on; 0 takes any free one"),
  URSA_FAILPOINT: z
    .string()
    .refine(() => process.env.NODE_ENV !== "production", { error: "tests only: refused where NODE_ENV is production" })
    .optional()
    .meta({
      description:
        "For tests of faults: the write to the store at which this process ends itself, such as after-put:/checkpoints/:2. Refused where NODE_ENV is production",
    }),
  URSA_OTLP_URL: z
    .url({ protocol: /^https?$/, error: "expected a URL like http://collector:4318" })
    .optional()
    .meta({ description: "Collector that traces are sent to, as OTLP over HTTP; without it there are none" }),
  URSA_LOG_LEVEL: z
    .enum(LOG_LEVELS)
    .default("info")
    .meta({ description: `How much is logged: ${LOG_LEVELS.join(", ")}` }),
};

/** A service's own port, in the place of the common one. */
export function portConfig(port: number, description: string) {
  return { URSA_PORT: z.coerce.number().int().min(0).max(65_535).default(port).meta({ description }) };
}

/** A whole number from 1 to `max`. */
export function count(max: number) {
  return z.coerce.number().int().min(1).max(max);
}

/** Of every service that decodes pictures of strangers. */
export const decoderConfig = {
  URSA_DECODERS: count(64).optional().meta({ description: "Decoder processes; default: one per core, at most 4" }),
};

/** Of every service that works on queues. */
export const workerConfig = {
  URSA_LOCK_S: z.coerce.number().min(1).max(600).default(30).meta({
    description:
      "Seconds for which a silent worker keeps its job before another one takes it over: longer outlasts pauses of machine and network, shorter mends a crash sooner",
  }),
};

/** Of every service that runs single pictures or batches through a model. */
export const modelRunConfig = {
  URSA_THREADS: count(256)
    .default(Math.min(availableParallelism(), MAX_THREADS))
    .meta({ description: "Threads of one model run; default: one per core, at most 4" }),
};

/** Of every service that fetches what strangers name. */
export const fetchConfig = {
  URSA_FETCH_TIMEOUT_S: z.coerce
    .number()
    .min(1)
    .max(600)
    .default(30)
    .meta({ description: "Seconds one URL may take, redirects included, before it ends as timeout" }),
  URSA_USER_AGENT: z.string().min(1).max(200).default(`Ursa/${VERSION} (image dataset builder)`).meta({
    description: "Who asks, for the servers that are asked; add a way to reach you. default: Ursa and its version",
  }),
  URSA_FETCH_ALLOW: z
    .string()
    .default("")
    .transform((text) => text.split(",").flatMap((entry) => entry.trim() || []))
    .meta({
      description:
        "Places beyond the public internet that may be fetched from, and webhooks sent to: address:port or range:port, comma-separated",
    }),
};

/** Where a value came from; a path is that of the file which NAME_FILE named. */
export type ConfigSource = "default" | "env" | { file: string };

/**
 * Reads the variables that `schema` names. An empty variable counts as not set, which is what compose files make of one.
 * @throws ConfigError listing every fault, among them each URSA_* variable that no part of Ursa reads
 */
export function loadConfig<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv = process.env): z.output<S> {
  return traceConfig(schema, env).values;
}

/** What loadConfig gives, and where each value came from. */
export function traceConfig<S extends z.ZodObject>(
  schema: S,
  env: NodeJS.ProcessEnv,
): { values: z.output<S>; sourceOf: (name: string) => ConfigSource } {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const secrets = secretNames(schema);
  const { values, faults } = readSecretFiles(secrets, set);
  faults.push(...unknownVariables(set, [...Object.keys(schema.shape), ...secrets.map((name) => `${name}_FILE`)]));
  const parsed = schema.safeParse({ ...set, ...values });
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0] ?? "");
    const value = { ...set, ...values }[name];
    faults.push(describeFault(name, issue.message, { value, isSecret: secrets.includes(name) }));
  }
  if (faults.length > 0 || !parsed.success)
    throw new ConfigError(["The configuration has faults:", ...faults].join("\n  "));
  const sourceOf = (name: string): ConfigSource => {
    if (values[name] !== undefined) return { file: String(set[`${name}_FILE`]) };
    return set[name] === undefined ? "default" : "env";
  };
  return { values: parsed.data, sourceOf };
}

const secretNames = (schema: z.ZodObject): string[] =>
  Object.entries(variablesOf(schema))
    .filter(([, variable]) => variable.secret)
    .map(([name]) => name);

type Variable = { description?: string; default?: unknown; secret?: boolean };

/** What a schema says of each variable. */
export function variablesOf(schema: z.ZodObject): Record<string, Variable> {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  // toJSONSchema copies `.meta()` and `.default()` onto each property, whatever wraps them.
  return properties as Record<string, Variable>;
}

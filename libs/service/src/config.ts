// Configuration comes from URSA_* variables only. All faults are told at once, so that a person mends them in one go.
import { z } from "zod";
import { describeFault } from "./describe-fault.ts";
import { LOG_LEVELS } from "./logger.ts";
import { nearestName } from "./nearest-name.ts";
import { readSecretFiles } from "./secret-files.ts";
import { StartupError } from "./startup-error.ts";

/** The message lists every variable at fault: its name, what was expected and what came. */
export class ConfigError extends StartupError {
  override name = "ConfigError";
}

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
    .meta({ description: "Address to listen on; 0.0.0.0 answers other machines, and there is no login yet" }),
  ...portConfig(0, "Port to listen on; 0 takes any free one"),
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

// One environment is often shared by all services (compose, `ursa up`), so a name that any of them reads is known to each.
const NAMES_ELSEWHERE = [
  "URSA_ROLE",
  "URSA_DOWNLOADER_URL",
  "URSA_INFERER_URL",
  "URSA_FETCH_ALLOW",
  "URSA_FETCH_TIMEOUT_S",
  "URSA_USER_AGENT",
  "URSA_DECODERS",
  "URSA_CONCURRENCY",
  "URSA_THREADS",
  "URSA_MODEL_CACHE_MB",
  "URSA_WORK_DIR",
  "URSA_ACTIVATIONS_MB",
  "URSA_GRAPH_CACHE_MB",
  "URSA_WEIGHTS_DIR",
  "URSA_TRAIN_MEMORY_MB",
  "URSA_TRAINER_ENGINE",
];

const warnOnStderr = (message: string) => process.emitWarning(message, "UrsaConfigWarning");

/**
 * Reads the variables that `schema` names. An empty variable counts as not set, which is what compose files make of one.
 * @param warn hears of each URSA_* variable that no service knows
 * @throws ConfigError listing every fault
 */
export function loadConfig<S extends z.ZodObject>(
  schema: S,
  env: NodeJS.ProcessEnv = process.env,
  warn: (message: string) => void = warnOnStderr,
): z.output<S> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const secrets = secretNames(schema);
  const { values, faults } = readSecretFiles(secrets, set);
  warnOfUnknown({ schema, secrets }, set, warn);
  const parsed = schema.safeParse({ ...set, ...values });
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0] ?? "");
    const value = { ...set, ...values }[name];
    faults.push(describeFault(name, issue.message, { value, isSecret: secrets.includes(name) }));
  }
  if (faults.length > 0 || !parsed.success)
    throw new ConfigError(["The configuration has faults:", ...faults].join("\n  "));
  return parsed.data;
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

type Known = { schema: z.ZodObject; secrets: string[] };

function warnOfUnknown(
  { schema, secrets }: Known,
  set: Record<string, unknown>,
  warn: (message: string) => void,
): void {
  const known = [...Object.keys(schema.shape), ...Object.keys(commonConfig), ...NAMES_ELSEWHERE];
  const files = [...secrets, ...secretNames(z.object(commonConfig))].map((name) => `${name}_FILE`);
  for (const name of Object.keys(set)) {
    if (!name.startsWith("URSA_") || known.includes(name) || files.includes(name)) continue;
    const near = nearestName(name, [...known, ...files]);
    warn(`${name} is not a variable that Ursa knows${near ? `; did you mean ${near}?` : "; it is ignored."}`);
  }
}

// `--print-config`: the settings in effect and where each came from, in the form of an env file, without secrets.
import { writeSync } from "node:fs";
import { parseArgs } from "node:util";
import type { z } from "zod";
import { type ConfigSource, loadConfig, traceConfig, variablesOf } from "./config.ts";
import { CENSORED, redact } from "./redact.ts";
import { StartupError } from "./startup-error.ts";

/**
 * The configuration of this process; with `--print-config` it is printed instead, and the process ends.
 * @throws StartupError for an argument that no service has, ConfigError
 */
export function configOrPrint<S extends z.ZodObject>(schema: S): z.output<S> {
  if (!isPrintWanted(process.argv.slice(2))) return loadConfig(schema);
  writeSync(1, `${printConfig(schema, process.env)}\n`);
  process.exit(0);
}

function isPrintWanted(args: string[]): boolean {
  try {
    return parseArgs({ args, options: { "print-config": { type: "boolean" } } }).values["print-config"] === true;
  } catch (cause) {
    throw new StartupError("The only argument is --print-config; settings are URSA_* variables.", { cause });
  }
}

/** @returns `NAME=value  # source`, a line for each variable; one that is not set is a comment. @throws ConfigError */
export function printConfig(schema: z.ZodObject, env: NodeJS.ProcessEnv): string {
  const { values, sourceOf } = traceConfig(schema, env);
  const rows = Object.entries(variablesOf(schema)).map(([name, { secret = false }]) => {
    const value = values[name];
    const isSet = value !== undefined;
    const line = isSet ? `${name}=${secret ? withoutSecret(String(value)) : redact(String(value))}` : `# ${name}=`;
    return { line, source: isSet ? describeSource(sourceOf(name)) : "not set" };
  });
  const width = Math.max(...rows.map(({ line }) => line.length));
  return rows.map(({ line, source }) => `${line.padEnd(width)}  # ${source}`).join("\n");
}

const describeSource = (source: ConfigSource) => (typeof source === "string" ? source : `file ${source.file}`);

/** Of a URL that holds a secret, where it leads to is none; its query may be one. */
function withoutSecret(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url?.host) return CENSORED;
  const credentials = url.username || url.password ? `${CENSORED}@` : "";
  return `${url.protocol}//${credentials}${url.host}${url.pathname}${url.search ? `?${CENSORED}` : ""}`;
}

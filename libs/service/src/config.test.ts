// Configuration: every fault at once, secrets from files and never in a message, and a word about names nobody knows.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { ConfigError, commonConfig, loadConfig } from "./config.ts";

const schema = z.object({
  ...commonConfig,
  URSA_PORT: z.coerce.number().int().min(1).max(65_535).default(8080),
  URSA_ROLE: z.enum(["classify", "batch"]),
});

function faultsOf(env: NodeJS.ProcessEnv): string {
  try {
    loadConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

function folderWith(files: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "ursa-config-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return {
    path: (name: string) => join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

test("defaults hold where a variable is not set, or set to nothing", () => {
  expect(loadConfig(schema, { URSA_ROLE: "batch", URSA_PORT: "", PATH: "/bin" })).toEqual({
    URSA_REDIS_URL: "redis://127.0.0.1:6379",
    URSA_STORE_URL: "folder:.ursa/store",
    URSA_HOST: "127.0.0.1",
    URSA_PORT: 8080,
    URSA_LOG_LEVEL: "info",
    URSA_ROLE: "batch",
  });
});

test("all faults are told at once, each with what was expected and what came", () => {
  expect(faultsOf({ URSA_PORT: "80a", URSA_LOG_LEVEL: "loud", URSA_REDIS_URL: "http://:hunter2@redis" })).toBe(
    [
      "The configuration has faults:",
      "  URSA_REDIS_URL: expected a URL like redis://127.0.0.1:6379, but it holds something else (a secret, so not shown)",
      '  URSA_PORT: expected number, got "80a"',
      '  URSA_LOG_LEVEL: Invalid option: expected one of "trace"|"debug"|"info"|"warn"|"error"|"fatal"|"silent", got "loud"',
      '  URSA_ROLE: Invalid option: expected one of "classify"|"batch", but it is not set',
    ].join("\n"),
  );
});

test("a secret may come from a file, whose last newline is not part of it", () => {
  using folder = folderWith({ redis: "rediss://:hunter2@redis:6380\n" });
  const env = { URSA_ROLE: "batch", URSA_REDIS_URL_FILE: folder.path("redis") };
  expect(loadConfig(schema, env).URSA_REDIS_URL).toBe("rediss://:hunter2@redis:6380");
});

test("files that cannot be read, are empty, or compete with a variable are faults beside the others", () => {
  using folder = folderWith({ empty: "\n", key: "hunter2" });
  const message = faultsOf({
    URSA_ROLE: "none",
    URSA_REDIS_URL_FILE: folder.path("missing"),
    URSA_STORE_ACCESS_KEY_FILE: folder.path("empty"),
    URSA_STORE_SECRET_KEY_FILE: folder.path("key"),
    URSA_STORE_SECRET_KEY: "other",
  });
  expect(message).toContain(
    `URSA_REDIS_URL_FILE: expected a readable file that is not empty, got ${folder.path("missing")} (ENOENT)`,
  );
  expect(message).toContain("(it is empty)");
  expect(message).toContain(
    "URSA_STORE_SECRET_KEY: expected either URSA_STORE_SECRET_KEY or URSA_STORE_SECRET_KEY_FILE, got both",
  );
  expect(message).toContain("URSA_ROLE: ");
  expect(message).not.toMatch(/hunter2|other/);
});

test("a variable that nothing reads is refused, with the nearest name; those of other services and programs are not", () => {
  const message = faultsOf({
    URSA_ROLE: "batch",
    URSA_REDIS_ULR: "x",
    URSA_COLOUR: "blue",
    URSA_FETCH_ALLOW: "10.0.0.0/8",
    URSA_PORT_FILE: "only secrets have files",
    URSA_URL: "http://the-command-line.reads.it",
    REDIS_URL: "x",
  });
  expect(message.split("\n")).toEqual([
    "The configuration has faults:",
    "  URSA_REDIS_ULR: no such variable; did you mean URSA_REDIS_URL?",
    "  URSA_COLOUR: no such variable; docs/configuration.md lists all there are",
    "  URSA_PORT_FILE: no such variable; docs/configuration.md lists all there are",
  ]);
});

test("what Kubernetes sets for a Service of the pod's namespace is no mistake", () => {
  const links = {
    URSA_API_SERVICE_HOST: "10.0.0.7",
    URSA_API_SERVICE_PORT: "8080",
    URSA_API_SERVICE_PORT_HTTP: "8080",
    URSA_API_PORT: "tcp://10.0.0.7:8080",
    URSA_API_PORT_8080_TCP_ADDR: "10.0.0.7",
  };
  expect(faultsOf({ URSA_ROLE: "batch", ...links })).toBe("");
  const { URSA_API_SERVICE_HOST: _, ...rest } = links;
  expect(faultsOf({ URSA_ROLE: "batch", ...rest })).toContain("URSA_API_SERVICE_PORT: no such variable");
});

test("a process that serves people does not end itself at a failpoint", () => {
  const env = { URSA_ROLE: "batch", URSA_FAILPOINT: "after-put:/checkpoints/" };
  expect(loadConfig(schema, env)).toMatchObject({ URSA_FAILPOINT: "after-put:/checkpoints/" });
  vi.stubEnv("NODE_ENV", "production");
  expect(faultsOf(env)).toContain("URSA_FAILPOINT: tests only");
  expect(faultsOf({ URSA_ROLE: "batch" })).toBe("");
  vi.unstubAllEnvs();
});

// What tracing costs where it is off, and that a collector that is away holds nothing up.
import { spawnSync } from "node:child_process";
import { findFreePort } from "@ursa/testing/free-port";
import { expect, test } from "vitest";
import { startTracing } from "./start-tracing.ts";

const OURS = "sdk-trace|exporter-trace|context-async-hooks|bullmq-otel";

/** The packages of tracing that a service loads which starts with this environment. */
function loadedWith(env: Record<string, string>): string[] {
  const program = `
    import { registerHooks } from "node:module";
    registerHooks({ resolve(specifier, context, next) {
      if (/${OURS}/.test(specifier)) console.log("loads " + specifier);
      return next(specifier, context);
    } });
    const { runService } = await import("${new URL("./run-service.ts", import.meta.url)}");
    await runService("test", async () => {});
    process.exit();`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    env: { PATH: process.env.PATH, ...env },
    encoding: "utf8",
  });
  expect(child.status, child.stderr).toBe(0);
  return [...child.stdout.matchAll(/^loads (\S+)$/gm)].map(([, name = ""]) => name);
}

test("nothing of OpenTelemetry is loaded unless it is asked for", () => {
  expect(loadedWith({})).toEqual([]);
  expect(loadedWith({ URSA_OTLP_URL: "" })).toEqual([]);
  expect(loadedWith({ URSA_OTLP_URL: "http://127.0.0.1:9" })).toContain("bullmq-otel");
});

test("a span is not kept from its work by a collector that is away, nor is a service from stopping", async () => {
  const tracing = await startTracing("test", `http://127.0.0.1:${await findFreePort()}`);
  const span = { name: "GET /", attributes: {} };
  const caller = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  expect(await tracing?.inSpan({ ...span, headers: caller }, async () => tracing.traceId())).toBe(
    "0af7651916cd43dd8448eb211c80319c",
  );
  expect(await tracing?.inSpan({ ...span, headers: {} }, async () => tracing.traceId())).toMatch(/^[0-9a-f]{32}$/);
  const handedOn = await tracing?.inSpan({ ...span, headers: caller }, async () => tracing.headers().traceparent);
  expect(handedOn).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  expect(handedOn).not.toBe(caller.traceparent);
  expect(tracing?.headers()).toEqual({});
  const failing = tracing?.inSpan({ ...span, headers: {} }, () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(tracing?.traceId()).toBeUndefined();
  await tracing?.close();
});

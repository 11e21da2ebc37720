// Liveness and readiness. Liveness never looks at dependencies: restarting this process would not bring Redis back.
import type { Health } from "@ursa/contracts/routes";
import { redact } from "./redact.ts";

/** Rejects, with a sentence, when the thing it looks at cannot be used. */
export type HealthCheck = () => Promise<void>;
export type HealthProbes = { ready(): Promise<Health>; live(): Health };

/** A probe waits no longer than this, so it answers before whoever asks gives up (Kubernetes: 1 s, with our timeoutSeconds 3). */
const CHECK_TIMEOUT_MS = 1000;

/**
 * @param checks by the name shown in the answer; each is given one second, and a hanging one is never started twice
 * @param signal not ready once this aborted: a stopping service takes no new work
 */
export function createHealth(checks: Record<string, HealthCheck>, signal: AbortSignal): HealthProbes {
  const bounded = Object.entries(checks).map(([name, check]) => ({ name, run: bound(check) }));
  return {
    live: () => ({ status: "ok", checks: {} }),
    async ready() {
      if (signal.aborted) return { status: "unavailable", checks: { stopping: "the service is stopping" } };
      const results = await Promise.all(bounded.map(async ({ name, run }) => [name, await run()] as const));
      const isReady = results.every(([, result]) => result === "ok");
      return { status: isReady ? "ok" : "unavailable", checks: Object.fromEntries(results) };
    },
  };
}

/** A store is asked over the network and by the request; probes, balancers and people ask for readiness far more often. */
export const STORE_CHECK_MS = 2000;

/** Remembers a success for `maxAgeMs`, for checks that cost money or time; a failure is looked at again at once. */
export function cachedCheck(check: HealthCheck, maxAgeMs: number): HealthCheck {
  let freshUntil = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() < freshUntil) return;
    await check();
    freshUntil = performance.now() + maxAgeMs;
  };
}

/** @returns "ok", or why not; never rejects */
function bound(check: HealthCheck): () => Promise<string> {
  let running: Promise<string> | undefined;
  const start = async (): Promise<string> => {
    try {
      await check();
      return "ok";
    } catch (error) {
      return redact(error instanceof Error ? error.message : String(error));
    } finally {
      running = undefined;
    }
  };
  return async () => {
    running ??= start();
    const timeout = Promise.withResolvers<string>();
    const timer = setTimeout(() => timeout.resolve(`no answer within ${CHECK_TIMEOUT_MS} ms`), CHECK_TIMEOUT_MS);
    const result = await Promise.race([running, timeout.promise]);
    clearTimeout(timer);
    return result;
  };
}

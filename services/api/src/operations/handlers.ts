// The routes of operators. They concern the whole installation, so no namespace narrows them.
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { restoreBackup, writeBackup } from "@ursa/catalog/backup";
import { collectGarbage, type HoldFetch } from "@ursa/catalog/collect-garbage";
import { reconcile, upkeep } from "@ursa/catalog/reconciler";
import type { CollectGarbage, GarbageEvent } from "@ursa/contracts/operations";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { VERSION } from "@ursa/service/version";
import type { Dependencies } from "../dependencies.ts";
import { spoolBody } from "../spool-body.ts";
import { runChecks } from "./checks.ts";

export function operatorHandlers(deps: Dependencies): Handlers {
  const { queues, store, catalog, notifier, log } = deps;
  const status = async () => ({ version: VERSION, queues: await queues.look() });
  return {
    operationsStatus: status,
    async drain({ body }) {
      await queues.setPaused(body.paused, body.queues);
      log.info(body, body.paused ? "queues paused by an operator" : "queues resumed by an operator");
      return status();
    },
    operationsChecks: async () => ({ findings: await runChecks(deps) }),
    async reconcile({ request }) {
      const enqueued = await reconcile({ ...deps, signal: request.signal });
      await notifier.makeUp(request.signal);
      await upkeep(catalog);
      return { enqueued };
    },
    collectGarbage: async ({ body, request }) => collected(deps, body, request),
    async backup() {
      const lines = Readable.from(writeBackup(store, VERSION), { objectMode: false });
      return { contentType: "application/jsonl", body: lines };
    },
    async restore({ body, query }) {
      await using backup = await spoolBody(body);
      const told = await restoreBackup(store, () => linesOf(backup.path), query);
      log.info({ ...told, kept: told.kept.length }, "records restored from a backup by an operator");
      await catalog.rebuildIndex();
      return told;
    },
  };
}

async function* collected(
  { store, queues, quotas, log }: Dependencies,
  { dryRun, olderThanSeconds }: CollectGarbage,
  { signal }: RequestInfo,
): AsyncGenerator<{ data: GarbageEvent }> {
  const holdFetch: HoldFetch = (work) => queues.holdFetch(signal, work);
  const olderThanMs = olderThanSeconds * 1000;
  for await (const garbage of collectGarbage({ store, holdFetch, dryRun, olderThanMs, signal })) {
    if (!dryRun) {
      log.info({ ...garbage, olderThanSeconds }, "garbage deleted by an operator");
      await quotas.noteFreed(garbage.namespace);
    }
    yield { data: { type: "found", garbage } };
  }
  yield { data: { type: "done", dryRun } };
}

/** JSON lines: only a newline ends one, which readline sees differently. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of createReadStream(path, "utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

// The routes of operators. They concern the whole installation, so no namespace narrows them.
import { Readable } from "node:stream";
import { restoreBackup, writeBackup } from "@ursa/catalog/backup";
import { collectGarbage } from "@ursa/catalog/collect-garbage";
import { reconcile, upkeep } from "@ursa/catalog/reconciler";
import type { Handlers } from "@ursa/http/server";
import { VERSION } from "@ursa/service/version";
import type { Dependencies } from "../dependencies.ts";
import { runChecks } from "./checks.ts";

export function operatorHandlers(deps: Dependencies): Handlers {
  const { queues, store, catalog, log } = deps;
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
      await upkeep(catalog);
      return { enqueued };
    },
    async collectGarbage({ body, request }) {
      const { signal } = request;
      const { dryRun, olderThanSeconds } = body;
      const garbage = await collectGarbage({
        store,
        holdFetch: (work) => queues.holdFetch(signal, work),
        dryRun,
        olderThanMs: olderThanSeconds * 1000,
        signal,
      });
      if (!dryRun) log.info({ garbage, olderThanSeconds }, "garbage deleted by an operator");
      return { dryRun, garbage };
    },
    async backup() {
      const lines = Readable.from(writeBackup(store, VERSION), { objectMode: false });
      return { contentType: "application/jsonl", body: lines };
    },
    async restore({ body, query }) {
      const chunks: Buffer[] = [];
      for await (const chunk of body.stream) chunks.push(chunk);
      const told = await restoreBackup(store, Buffer.concat(chunks).toString(), query);
      log.info({ ...told, kept: told.kept.length }, "records restored from a backup by an operator");
      await catalog.rebuildIndex();
      return told;
    },
  };
}

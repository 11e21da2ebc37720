// POST /v1/models/import: a model that another Ursa exported becomes a record of this one, ready to serve. It is checked by a
// process of its own; what it is refused for has a sentence.
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { once } from "@ursa/catalog/idempotency";
import { inspectImport } from "@ursa/classifier/exchange/inspect-import";
import type { Model } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { MAX_IMPORT_BYTES } from "@ursa/contracts/routes/models";
import { expectedBytes } from "@ursa/http/byte-budget";
import type { BytesBody, RequestInfo } from "@ursa/http/handlers";
import type { Dependencies } from "./dependencies.ts";
import { importedRecord } from "./imported-record.ts";
import { type Spooled, spoolBody } from "./spool-body.ts";

export type ImportRequest = { name: string | undefined; body: BytesBody; request: RequestInfo };

/** Once per Idempotency-Key. @throws Problem bad_model, idempotency_conflict, quota_exceeded */
export async function importModel(deps: Dependencies, asked: ImportRequest): Promise<Model> {
  const { body, request } = asked;
  try {
    const most = expectedBytes(request, MAX_IMPORT_BYTES);
    return await deps.quotas.storing(request, most, () => importBody(deps, asked));
  } finally {
    body.stream.destroy();
  }
}

async function importBody(deps: Dependencies, { name, body, request }: ImportRequest) {
  const { namespace, headers } = request;
  await using received = await spoolBody(body);
  const key = headers["idempotency-key"];
  const asked = { name, sha256: received.sha256 };
  // Of a repeat nothing is stored.
  let stored = 0;
  const answer = await once(
    deps.store,
    { namespace, operation: "import model", kind: "model", key, body: asked },
    async (id) => {
      const model = await storeModel(deps, { owner: { namespace, id }, name, received, signal: request.signal });
      stored = model.artifacts.reduce((sum, { bytes }) => sum + bytes, 0);
      return model;
    },
  );
  return { answer, stored };
}

type Storing = {
  owner: { namespace: string; id: string };
  name: string | undefined;
  received: Spooled;
  signal: AbortSignal;
};

async function storeModel(
  { store, catalog }: Dependencies,
  { owner, name, received, signal }: Storing,
): Promise<Model> {
  const inspected = await inspectImport(received.path, received.folder, signal);
  if (inspected.outcome === "refused") {
    const { fault, message } = inspected;
    throw new Problem("bad_model", message, { extra: { fault } });
  }
  const { card, files } = inspected;
  const record = importedRecord(card, { owner, name, archiveSha256: received.sha256, files });
  // A retry writes the same bytes over its own; no one reads them before the record is there.
  for (const { key, name: file, sha256 } of record.artifacts)
    await store.put(key, createReadStream(join(received.folder, file)), { sha256 });
  return catalog.create("model", record);
}

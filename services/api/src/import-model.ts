// POST /v1/models/import: a model that another Ursa exported becomes a record of this one, ready to serve. It is checked by a
// process of its own; what it is refused for has a sentence.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { once } from "@ursa/catalog/idempotency";
import { inspectImport } from "@ursa/classifier/exchange/inspect-import";
import type { Model } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import type { BytesBody, RequestInfo } from "@ursa/http/handlers";
import type { Dependencies } from "./dependencies.ts";
import { importedRecord } from "./imported-record.ts";

export type ImportRequest = { name: string | undefined; body: BytesBody; request: RequestInfo };
type Received = { folder: string; archive: string; sha256: string };

/** Once per Idempotency-Key. @throws Problem bad_model, idempotency_conflict */
export async function importModel(deps: Dependencies, { name, body, request }: ImportRequest): Promise<Model> {
  const { namespace, headers } = request;
  const received = await receive(body);
  try {
    const key = headers["idempotency-key"];
    const asked = { name, sha256: received.sha256 };
    return await once(deps.store, { namespace, operation: "import model", kind: "model", key, body: asked }, (id) =>
      storeModel(deps, { owner: { namespace, id }, name, received, signal: request.signal }),
    );
  } finally {
    await rm(received.folder, { recursive: true, force: true });
  }
}

/** The body on disk: models are larger than what should lie in memory. */
async function receive({ stream }: BytesBody): Promise<Received> {
  const folder = await mkdtemp(join(tmpdir(), "ursa-import-"));
  const archive = join(folder, "archive.zip");
  const hash = createHash("sha256");
  const hashed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  try {
    await pipeline(stream, hashed, createWriteStream(archive));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return { folder, archive, sha256: hash.digest("hex") };
}

type Storing = {
  owner: { namespace: string; id: string };
  name: string | undefined;
  received: Received;
  signal: AbortSignal;
};

async function storeModel(
  { store, catalog }: Dependencies,
  { owner, name, received, signal }: Storing,
): Promise<Model> {
  const inspected = await inspectImport(received.archive, received.folder, signal);
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

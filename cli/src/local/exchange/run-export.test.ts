// What an export tells of a model's confidence, from an API that answers by hand.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { EXPORTED_ID, exportedModel } from "@ursa/classifier/exchange/exported-model.fixture";
import { createClient } from "@ursa/contracts/client";
import { evaluationResultSchema } from "@ursa/contracts/evaluation";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { runExport } from "./run-export.ts";

const [NOW, EVALUATION] = ["2026-01-01T00:00:00Z", "evl_01J00000000000000000000000"];
const TEMPERATURE = { value: 1.375, count: 58, lossBefore: 0.21, lossAfter: 0.18 };
const dataset = { id: "ds_01J00000000000000000000000", version: 1, manifestSha256: "0".repeat(64) };
const about = { model: EXPORTED_ID, stage: "stage-1", dataset, split: "all", tta: false, classes: ["black", "teddy"] };
const record = { namespace: "default", createdAt: NOW, updatedAt: NOW, state: "ready", enqueued: 1, fence: 1 };
const INTERPRETATION = {
  evaluation: { id: EVALUATION, ...record, ...about },
  result: evaluationResultSchema.parse({
    ...{ format: 1, evaluationId: EVALUATION, ...about, temperature: TEMPERATURE },
    ...{ count: 1, wrong: 0, errorRate: 0, errorRateLow: 0, errorRateHigh: 1, loss: 0, unread: {} },
    ...{ confusion: [], mostConfused: [], perClass: [], topLosses: [], unreadItems: [] },
  }),
};

/** @param interpretation what the API answers; it was deleted where it is undefined */
async function exported(interpretations: object | undefined, interpretation?: object) {
  const files = await exportedModel(about.classes);
  const artifacts = files.map(({ name, bytes }) => ({
    ...{ stage: "stage-1", name, key: name, bytes: bytes.length },
    sha256: createHash("sha256").update(bytes).digest("hex"),
  }));
  const model = {
    ...{ id: EXPORTED_ID, ...record, dataset, recipe: {}, classes: about.classes, artifacts, interpretations },
    ...{ epochs: [], checkpoints: [], stages: [] },
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://here").pathname;
    const file = files.find(({ name }) => path.endsWith(`/${name}`));
    if (file) return response.end(file.bytes);
    const isGone = path.endsWith("/interpretation") && !interpretation;
    const answer = path.endsWith("/interpretation") ? interpretation : model;
    const body = isGone
      ? { type: "/docs#not_found", title: "x", status: 404, code: "not_found", detail: "gone" }
      : answer;
    response.writeHead(isGone ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on TCP, so this is no pipe's name.
  await using folder = await createScratchFolder();
  const client = createClient({ baseUrl: `http://127.0.0.1:${port}` });
  const print = { isJson: true, answer() {}, note() {} };
  try {
    await runExport({ client, print, signal: new AbortController().signal }, EXPORTED_ID, { out: folder.path });
  } finally {
    server.close();
  }
  const read = (name: string) => readFile(join(folder.path, name), "utf8");
  return { card: JSON.parse(await read("model.json")), readme: await read("README.md") };
}

test("where the model was interpreted its export tells the temperature, else none", async () => {
  const { card, readme } = await exported({ "stage-1": EVALUATION }, INTERPRETATION);
  expect(card.temperature).toEqual(TEMPERATURE);
  expect(readme).toContain("a temperature of 1.375");
  for (const plain of [await exported(undefined), await exported({ "stage-1": EVALUATION })]) {
    expect(plain.card).not.toHaveProperty("temperature");
    expect(plain.readme).not.toContain("temperature");
  }
});

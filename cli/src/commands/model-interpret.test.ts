// `ursa model interpret` against an API that answers by hand: what it asks for, and what it makes of the answer.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type EvaluationResult, evaluationResultSchema } from "@ursa/contracts/evaluation";
import { expect, test, vi } from "vitest";
import { createProgram } from "../program.ts";

const ULID = "01JABCDEFGHJKMNPQRSTVWXYZ0";
const [MODEL, NOW] = [`mdl_${ULID}`, "2026-01-01T00:00:00Z"];
const pair = (actual: string, predicted: string, count: number) => ({ actual, predicted, count });
const item = (key: string, name: string, predicted: string, loss: number) => ({
  ...{ key, class: name, predicted, loss, probability: Math.exp(-loss), split: "valid" as const },
  ...{ url: `https://bears.example/${key}.jpg`, source: "list", line: 1, outcome: "ok" as const },
});
const ITEMS = [item("7", "black", "grizzly", 3), item("8", "grizzly", "black", 2), item("9", "black", "black", 0.6)];
const measured = {
  ...{ count: 40, wrong: 5, errorRate: 0.125, errorRateLow: 0.05, errorRateHigh: 0.26, loss: 0.3, unread: {} },
  ...{ confusion: [[17, 4], [1, 18]], perClass: [], topLosses: ITEMS, unreadItems: [] }, // biome-ignore format: a matrix
  mostConfused: [pair("black", "grizzly", 4), pair("grizzly", "black", 1)],
};
const dataset = { id: `ds_${ULID}`, version: 1, manifestSha256: "0".repeat(64) };
const about = { model: MODEL, stage: "stage-1" as const, split: "all" as const, tta: false, dataset };
const RESULT: EvaluationResult = evaluationResultSchema.parse({
  ...{ format: 1, evaluationId: `evl_${ULID}`, ...about, classes: ["black", "grizzly"], ...measured },
  sides: { valid: measured },
});
const EVALUATION = {
  ...{ id: RESULT.evaluationId, namespace: "default", createdAt: NOW, updatedAt: NOW, state: "ready", enqueued: 1 },
  ...{ fence: 1, ...about, classes: RESULT.classes },
};

async function interpret(...options: string[]) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://here");
    const asked = (name: string, of: string) => (searchParams.get(name) ?? of) === of;
    const items = ITEMS.filter(
      (each) => asked("class", each.class) && asked("wrong", `${each.predicted !== each.class}`),
    );
    const often = measured.mostConfused.filter(({ count }) => count >= Number(searchParams.get("min") ?? 1));
    const result = { ...RESULT, sides: { valid: { ...measured, mostConfused: often } } };
    const body = pathname.endsWith("/items") ? { items } : { evaluation: EVALUATION, result };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on TCP, so this is no pipe's name.
  let out = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    await createProgram().parseAsync(["model", "interpret", MODEL, "--url", url, ...options], { from: "user" });
  } finally {
    write.mockRestore();
    server.close();
  }
  return out;
}

test("pairs are named from as many pictures on as --min says, and from one where it is left out", async () => {
  const all = await interpret();
  expect(all).toMatch(/black +grizzly +4\n/);
  expect(all).toMatch(/grizzly +black +1\n/);
  const often = await interpret("--min", "2");
  expect(often).toMatch(/black +grizzly +4\n/);
  expect(often).not.toMatch(/grizzly +black +1\n/);
  expect(await interpret("--min", "5")).not.toContain("most confused");
});

test("top losses are those of one class, and those that were taken for another, where that is asked for", async () => {
  const keysOf = (text: string) => [...text.matchAll(/bears\.example\/(\d)\.jpg/g)].map(([, key]) => key);
  expect(keysOf(await interpret())).toEqual(["7", "8", "9"]);
  expect(keysOf(await interpret("--wrong"))).toEqual(["7", "8"]);
  expect(keysOf(await interpret("--class", "black"))).toEqual(["7", "9"]);
  expect(keysOf(await interpret("--class", "black", "--wrong"))).toEqual(["7"]);
  const told = JSON.parse(await interpret("--class", "grizzly", "--json"));
  expect(evaluationResultSchema.parse(told).sides?.valid?.topLosses.map(({ key }) => key)).toEqual(["8"]);
  await expect(interpret("--class", "panda")).rejects.toThrow("knows no class panda; its classes are black, grizzly");
});

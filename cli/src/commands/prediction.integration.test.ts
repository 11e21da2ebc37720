// `ursa prediction` against a stand-in for the API: what a person who did not wait for a batch can still do.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Prediction } from "@ursa/contracts/prediction";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test, vi } from "vitest";
import { createProgram } from "../program.ts";

const idOf = (n: number) => `prd_${String(n).padStart(26, "0")}`;
const record = (n: number): Prediction => ({
  id: idOf(n),
  namespace: "default",
  state: "ready",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  enqueued: 1,
  fence: 1,
  model: `mdl_${"0".repeat(26)}`,
  alias: "bears@production",
  classes: ["black", "teddy"],
  source: "urls",
  inputs: 3,
  shards: 1,
  counts: { outcomes: { ok: 2, timeout: 1 }, classes: { black: 0, teddy: 2 } },
});
const ROWS = { jsonl: '{"index":0}\n', csv: "index,input\n0,a\n" };

/** 120 predictions in pages of at most 100. */
function answer(method: string, url: URL): { status: number; body: string } {
  const [, , , id, what] = url.pathname.split("/");
  if (url.pathname.endsWith("/link"))
    return {
      status: 200,
      body: JSON.stringify({ url: `/v1/links/${url.search.slice(1)}`, expiresAt: "2026-01-01T00:05:00.000Z" }),
    };
  if (what === "results")
    return { status: 200, body: ROWS[url.searchParams.get("format") === "csv" ? "csv" : "jsonl"] };
  if (method === "DELETE") return { status: 204, body: "" };
  if (id) return { status: 200, body: JSON.stringify({ ...record(1), ...(what ? { state: "cancelled" } : {}) }) };
  const start = Number(url.searchParams.get("cursor") ?? 0);
  const end = Math.min(120, start + Math.min(100, Number(url.searchParams.get("limit"))));
  const items = Array.from({ length: end - start }, (_, n) => record(start + n));
  return { status: 200, body: JSON.stringify({ items, ...(end < 120 ? { next: String(end) } : {}) }) };
}

async function ursa(...words: string[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { status, body } = answer(request.method ?? "", new URL(request.url ?? "", "http://a"));
    response.writeHead(status).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on TCP, so this is no pipe's name.
  const seen = { out: "", err: "" };
  const spies = (
    [
      ["stdout", "out"],
      ["stderr", "err"],
    ] as const
  ).map(([stream, to]) =>
    vi.spyOn(process[stream], "write").mockImplementation((text, ...rest) => {
      seen[to] += text;
      for (const callback of rest) if (typeof callback === "function") callback();
      return true;
    }),
  );
  await createProgram().parseAsync(["--url", `http://127.0.0.1:${port}`, "prediction", ...words], { from: "user" });
  for (const spy of spies) spy.mockRestore();
  server.close();
  return { ...seen, asked };
}

test("list shows the newest and says that more follow; --all shows every one", async () => {
  const some = await ursa("list");
  expect(some.out.match(/prd_/g)).toHaveLength(50);
  expect(some.out).toMatch(/^id +state +inputs +ok +model +name\n/);
  expect(some.err).toContain("--all");
  const all = await ursa("list", "--all");
  expect(all.out.match(/prd_/g)).toHaveLength(120);
  expect(all.err).toBe("");
});

test("show counts classes, and what became of inputs without one", async () => {
  const { out } = await ursa("show", idOf(1));
  expect(out).toContain("ready  3 inputs by bears@production");
  expect(out).toMatch(/black +0\nteddy +2\ntimeout +1\n/);
});

test("a link takes the place of the rows, and is whole", async () => {
  const { out, err, asked } = await ursa("results", idOf(1), "--format", "csv", "--link");
  expect(asked).toEqual([`POST /v1/predictions/${idOf(1)}/results/link?format=csv`]);
  expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/links\/format=csv\n$/);
  expect(err).toContain("until 2026-01-01T00:05:00.000Z");
});

test("results go to a file in the format of its ending, or to standard output", async () => {
  await using folder = await createScratchFolder();
  const path = join(folder.path, "answers.csv");
  const { err } = await ursa("results", idOf(1), "--out", path);
  expect(await readFile(path, "utf8")).toBe(ROWS.csv);
  expect(err).toBe(`saved ${path}\n`);
  expect((await ursa("results", idOf(1))).out).toBe(ROWS.jsonl);
  expect((await ursa("results", idOf(1), "--format", "csv")).out).toBe(ROWS.csv);
  await expect(ursa("results", idOf(1), "--format", "xlsx")).rejects.toMatchObject({ exitCode: 2 });
});

test("cancel and delete do what they say", async () => {
  expect(await ursa("cancel", idOf(1))).toMatchObject({
    out: `${idOf(1)} cancelled\n`,
    asked: [`POST /v1/predictions/${idOf(1)}/cancel`],
  });
  expect(await ursa("delete", idOf(1))).toMatchObject({
    out: `${idOf(1)} deleted\n`,
    asked: [`DELETE /v1/predictions/${idOf(1)}`],
  });
});

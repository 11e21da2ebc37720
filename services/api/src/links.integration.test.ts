// Links as those use them who have no key, and as those try them who want more than they were given.
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { createClient } from "@ursa/contracts/client";
import { absoluteLink, type Link } from "@ursa/contracts/link";
import { problemSchema } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import { openStore } from "@ursa/store/open-store";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { type MinioServer, startMinio } from "@ursa/testing/minio-server";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { ROWS, seedModel, seedPrediction } from "./seed-records.fixture.ts";

const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";
const [OURS, THEIRS] = ["team-a", "team-b"];

let world: World;
let ours: World["client"];
let theirs: string;
const given: Link[] = [];

beforeAll(async () => {
  world = await startWorld({ adminKey: ADMIN_KEY });
  const make = async (namespace: string) =>
    (await world.client.call("createKey", { body: { name: "reader", scopes: ["read"], namespace } })).token;
  ours = createClient({ baseUrl: world.url, key: await make(OURS) });
  theirs = await make(THEIRS);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const fileOf = async ({ id }: { id: string }, name = "model.onnx", seconds = 300) => {
  const params = { id, stage: "stage-1", name };
  const link = await ours.call("createArtifactLink", { params, query: { expiresInSeconds: seconds } });
  given.push(link);
  return link;
};
const resultsOf = async (id: string, format: "jsonl" | "csv") => {
  const link = await ours.call("createResultsLink", { params: { id }, query: { format } });
  given.push(link);
  return link;
};
const seeded = () => seedModel(world, { namespace: OURS });
const open = (link: Pick<Link, "url">, init?: RequestInit) => fetch(`${world.url}${link.url}`, init);

/** @returns `403 bad_link` */
async function refusedAs(link: Pick<Link, "url">, init?: RequestInit): Promise<string> {
  const response = await open(link, init);
  const { code } = problemSchema.parse(await response.json());
  return `${response.status} ${code}`;
}

describe("a link", () => {
  test("gives one file without a key, as what it is and to be saved", async () => {
    const link = await fileOf(await seeded());
    const left = Date.parse(link.expiresAt) - Date.now();
    expect(left).toBeLessThanOrEqual(300_000);
    expect(left).toBeGreaterThan(295_000);
    const response = await open(link);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("the bytes of model.onnx");
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": 'attachment; filename="model.onnx"',
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
  });

  test("gives a prediction's rows in the format it was made for", async () => {
    const { id } = await seedPrediction(world, { namespace: OURS });
    const jsonl = await open(await resultsOf(id, "jsonl"));
    expect(jsonl.headers.get("content-disposition")).toBe(`attachment; filename="${id}.jsonl"`);
    expect((await jsonl.text()).trim().split("\n")).toHaveLength(ROWS.length);
    const csv = await open(await resultsOf(id, "csv"));
    expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(await csv.text()).toMatch(/^index,/);
    expect(await refusedAs({ url: `${(await resultsOf(id, "csv")).url}?format=jsonl` })).toBe("422 invalid_request");
  });

  test("of another namespace's things cannot be made, and its things are opened by whoever has it", async () => {
    const model = await seeded();
    const { id } = await seedPrediction(world, { namespace: OURS });
    const stranger = createClient({ baseUrl: world.url, key: theirs });
    const params = { id: model.id, stage: "stage-1", name: "model.onnx" };
    const refused = await Promise.all([
      refusalOf(stranger.call("createArtifactLink", { params })),
      refusalOf(stranger.call("createResultsLink", { params: { id } })),
      refusalOf(ours.call("createArtifactLink", { params: { ...params, name: "../stage-1/model.onnx" } })),
      refusalOf(ours.call("createArtifactLink", { params: { ...params, name: "weights.safetensors" } })),
    ]);
    expect(refused.map(({ code }) => code)).toEqual(Array(4).fill("not_found"));
    const headers = { authorization: `Bearer ${theirs}` };
    expect((await open(await fileOf(model), { headers })).status).toBe(200);
  });

  test("is made by any key that may read, for at most five minutes, and never for a stranger", async () => {
    const { id } = await seeded();
    const params = { id, stage: "stage-1", name: "model.onnx" };
    const nobody = createClient({ baseUrl: world.url });
    expect((await refusalOf(nobody.call("createArtifactLink", { params }))).code).toBe("key_missing");
    for (const expiresInSeconds of [301, 0, -1, 1.5])
      expect((await refusalOf(ours.call("createArtifactLink", { params, query: { expiresInSeconds } }))).code).toBe(
        "invalid_request",
      );
    const unfinished = await seedPrediction(world, { namespace: OURS, state: "running" });
    const early = ours.call("createResultsLink", { params: { id: unfinished.id } });
    expect((await refusalOf(early)).code).toBe("still_running");
  });

  test("is refused when anything of it is changed, cut, added or taken from another", async () => {
    const [one, other] = [await fileOf(await seeded()), await fileOf(await seeded(), "model.json")];
    const [content = "", signature = ""] = (one.url.split("/").at(-1) ?? "").split(".");
    const [foreign = "", itsSignature = ""] = (other.url.split("/").at(-1) ?? "").split(".");
    const decoded = JSON.parse(Buffer.from(content, "base64url").toString());
    const altered = (change: object) => Buffer.from(JSON.stringify({ ...decoded, ...change })).toString("base64url");
    const links = [
      `${foreign}.${signature}`,
      `${content}.${itsSignature}`,
      `${altered({ until: decoded.until + 1000 })}.${signature}`,
      `${altered({ target: { ...decoded.target, name: "model.json" } })}.${signature}`,
      `${altered({ target: { ...decoded.target, namespace: THEIRS } })}.${signature}`,
      ...[`${content}.`, `.${signature}`, content, `${content}.${signature}.`, `${content}.${signature}=`],
      ...[`${content}${signature}`, `${content}=.${signature}`, `${content}.${signature.slice(0, -1)}`, "a.b"],
    ];
    for (const link of links) expect(await refusedAs({ url: `/v1/links/${link}` }), link).toBe("403 bad_link");
    // Every single character, the last one's spare bits too.
    const whole = `${content}.${signature}`;
    for (let at = 0; at < whole.length; at += 1) {
      const changed = whole.slice(0, at) + (whole[at] === "A" ? "B" : "A") + whole.slice(at + 1);
      expect(await refusedAs({ url: `/v1/links/${changed}` }), String(at)).toBe("403 bad_link");
    }
    expect((await open(one)).status).toBe(200);
  });

  test("is good for looking and nothing else", async () => {
    const model = await seeded();
    const link = await fileOf(model);
    for (const method of ["POST", "PUT", "PATCH", "DELETE"])
      expect(await refusedAs(link, { method }), method).toBe("405 method_not_allowed");
    const head = await open(link, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(await refusedAs({ url: `${link.url}?response-content-type=text/html` })).toBe("422 invalid_request");
    // The address of the file itself asks for a key as before.
    expect(await refusedAs({ url: `/v1/models/${model.id}/artifacts/stage-1/model.onnx` })).toBe("401 key_missing");
  });

  test("ends when its time is over, and with what it leads to", async () => {
    const model = await seeded();
    const link = await fileOf(model, "model.onnx", 1);
    await waitUntil(() => Date.now() >= Date.parse(link.expiresAt), { what: "its time to be over" });
    expect(await refusedAs(link)).toBe("403 bad_link");
    const lasting = await fileOf(model);
    await createClient({ baseUrl: world.url, key: ADMIN_KEY })
      .call("createKey", { body: { name: "writer", scopes: ["write"], namespace: OURS } })
      .then(({ token }) => createClient({ baseUrl: world.url, key: token }))
      .then((client) => client.call("deleteModel", { params: { id: model.id } }));
    expect(await refusedAs(lasting)).toBe("404 not_found");
  });

  test.each([-2, 2])("does not care for a client's clock that is %i hours off", async (hours) => {
    const [good, ended] = [await fileOf(await seeded()), await fileOf(await seeded(), "model.onnx", 1)];
    await waitUntil(() => Date.now() >= Date.parse(ended.expiresAt), { what: "one to end" });
    const statuses = await fromAnotherClock(
      hours * 3_600_000,
      [good, ended].map(({ url }) => world.url + url),
    );
    expect(statuses).toEqual([200, 403]);
  });

  test("is the same on every replica, and its secret is in no backup and no list", async () => {
    await using replica = await startWorld({ adminKey: ADMIN_KEY, store: () => world.store });
    const link = await fileOf(await seeded());
    expect((await fetch(replica.url + link.url)).status).toBe(200);
    const { secret } = JSON.parse((await world.store.get(keys.linkSecret)).body.toString());
    expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    expect(await (await world.client.call("backup", {})).text()).not.toContain(secret);
    expect(JSON.stringify(await world.client.call("listKeys", {}))).not.toContain(secret);
  });
});

/** The statuses of GET by a process whose clock is wrong. */
async function fromAnotherClock(skewMs: number, urls: string[]): Promise<number[]> {
  const preload = resolve(import.meta.dirname, "../../../tests/chaos/skewed-clock.mjs");
  const script = `
    const off = Date.now() - ${Date.now()};
    if (Math.abs(off - ${skewMs}) > 60_000) throw new Error("the clock is right");
    const statuses = [];
    for (const url of ${JSON.stringify(urls)})
      statuses.push((await fetch(url, { headers: { date: new Date().toUTCString() } })).status);
    console.log(JSON.stringify(statuses));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", preload, "--input-type=module", "--eval", script],
    { env: { ...process.env, CHAOS_SKEW_MS: String(skewMs) } },
  );
  return JSON.parse(stdout);
}

const minio: MinioServer | undefined = await startMinio();
if (!minio) reportAbsentPart("MinIO was not found, so no link to an S3 was tried.");
afterAll(() => minio?.close());

describe.runIf(minio)("where clients reach the S3 by themselves, a link", () => {
  /** As the API reaches it; its clients know it by another name. */
  const publicUrl = minio?.url.replace("127.0.0.1", "localhost") ?? "";

  test("leads there, and what the store does not have as it is asked for comes from the API", async () => {
    const store = await openStore(minio?.storeUrl("ursa", "some/prefix") ?? "", { ...minio?.credentials, publicUrl });
    await using s3World = await startWorld({ adminKey: ADMIN_KEY, store: () => store });
    const [model, { id }] = [await seedModel(s3World), await seedPrediction(s3World)];
    const params = { id: model.id, stage: "stage-1", name: "model.onnx" };
    const link = await s3World.client.call("createArtifactLink", { params });
    expect(link.url).toMatch(new RegExp(`^${publicUrl}/ursa/some/prefix/ns/default/models/${model.id}/`));
    expect(absoluteLink(link, s3World.url)).toBe(link.url);
    const response = await fetch(link.url);
    expect(await response.text()).toBe("the bytes of model.onnx");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="model.onnx"');
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    const rows = await s3World.client.call("createResultsLink", { params: { id } });
    expect((await (await fetch(rows.url)).text()).trim().split("\n")).toHaveLength(ROWS.length);
    const csv = await s3World.client.call("createResultsLink", { params: { id }, query: { format: "csv" } });
    expect(csv.url).toMatch(/^\/v1\/links\//);
    expect(await (await fetch(s3World.url + csv.url)).text()).toMatch(/^index,/);
    for (const { url } of [link, rows]) expect(s3World.logLines.join("\n")).not.toContain(new URL(url).search);
  });
});

test("what was given out is in no line of the log; who made it is", async () => {
  expect(given.length).toBeGreaterThan(10);
  const log = world.logLines.join("\n");
  for (const { url } of given)
    for (const part of (url.split("/").at(-1) ?? "").split(".")) expect(log).not.toContain(part);
  const made = world.logs.filter(({ msg }) => msg === "a link was made");
  expect(made.length).toBe(given.length);
  expect(made[0]).toMatchObject({ keyId: expect.stringMatching(/^key_/), target: { namespace: OURS } });
  expect(await (await fetch(`${world.url}/metrics`)).text()).not.toContain("/v1/links/ey");
});

// What deploy/s3/*.json let each service do, on a real MinIO that enforces them: all of its work, and nothing else.
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ObjectStore, StoreUnavailable } from "@ursa/store/object-store";
import { openStore } from "@ursa/store/open-store";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { addMinioUser, canAddMinioUsers } from "@ursa/testing/minio-users";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ursaServices } from "../../cli/src/local/up/service-table.ts";
import { type MinioContainer, startMinioContainer } from "./minio-container.ts";
import { runCli } from "./run-cli.ts";
import { startWorld } from "./world.ts";

const SERVICES = ["api", "downloader", "trainer", "inferer"] as const;
type Service = (typeof SERVICES)[number];
const policyOf = (service: Service) =>
  readFileSync(new URL(`../../deploy/s3/${service}.json`, import.meta.url), "utf8");

const minio: MinioContainer | undefined = canAddMinioUsers ? await startMinioContainer() : undefined;
if (!minio) reportAbsentPart("MinIO was not found, so the policies in deploy/s3 were not tried.");
afterAll(() => minio?.close());

describe.runIf(minio)(`on MinIO in ${minio?.runsIn ?? "no place"}, each service as a user of its own`, () => {
  const users = new Map<Service, { accessKey: string; secretKey: string }>();
  /** Without the wish to make the bucket, which none of them may. */
  let storeUrl: string;
  let asRoot: ObjectStore;

  beforeAll(async () => {
    if (!minio) return;
    asRoot = await openStore(minio.storeUrl(), minio.credentials);
    storeUrl = minio.storeUrl().replace("&create=true", "");
    for (const name of SERVICES) users.set(name, await addMinioUser(minio, { name, policy: policyOf(name) }));
  });
  afterAll(() => asRoot?.close());

  const storeOf = (service: Service) => openStore(storeUrl, users.get(service));

  test("the main job, an inspection, an evaluation, a regression, checks and garbage are done", async () => {
    const services = ursaServices.map((service) => {
      const user = users.get(SERVICES.find((name) => service.name.startsWith(name)) ?? "api");
      const keys = { URSA_STORE_ACCESS_KEY: user?.accessKey ?? "", URSA_STORE_SECRET_KEY: user?.secretKey ?? "" };
      return { ...service, env: { ...service.env, ...keys } };
    });
    await using world = await startWorld({ env: { URSA_STORE_URL: storeUrl }, services });
    const run = async (...words: string[]) => {
      const { code, out, err } = await runCli(["--url", world.ursa.apiUrl, ...words, "--json"]);
      expect(code, `${words.join(" ")}\n${out}${err}`).toBe(0);
      return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
    };
    const gallery = `http://${world.gallery.address}`;
    // Which takes no messages: what became of them is noted all the same.
    const webhook = await run("webhook", "add", `${gallery}/`);
    expect(await run("demo", "--recipe", "quick", "--gallery", gallery)).toMatchObject({ ok: true });
    const [model] = (await world.session.client.call("listModels", {})).items;
    if (!model) throw new Error("the demo left no model");
    await run("clean", model.dataset.id);
    await run("evaluate", model.id, model.dataset.id, "--split", "valid");
    await run("sgd", "--steps", "10");
    await run("doctor");
    const noted = await world.session.client.call("getWebhook", { params: { id: webhook.id } });
    expect(noted.lastAttempt).toMatchObject({ outcome: "http_4xx" });
    await run("gc", "--yes");
    // Nor was anything refused that a service does without.
    const logs = join(world.ursa.home, "logs");
    const texts = await Promise.all((await readdir(logs)).map((file) => readFile(join(logs, file), "utf8")));
    expect(texts.length).toBeGreaterThanOrEqual(ursaServices.length);
    expect(texts.filter((text) => /Access ?Denied/.test(text))).toEqual([]);
  }, 300_000);

  /** Of another service, of the API alone, and outside of Ursa. */
  const RECORD = "ns/default/records/models/mdl_1.json";
  const IMAGE = "ns/default/images/1";
  const KEY = "keys/key_1.json";
  const SECRET = "webhook-secrets/whk_1.json";
  test.each<[Service, "get" | "put" | "delete", string]>([
    ["downloader", "get", KEY],
    ["downloader", "put", KEY],
    ["downloader", "put", SECRET],
    ["downloader", "delete", SECRET],
    ["downloader", "put", RECORD],
    ["downloader", "put", "ns/default/models/mdl_1/stage-1/1/model.onnx"],
    ["downloader", "delete", IMAGE],
    ["trainer", "get", KEY],
    ["trainer", "get", SECRET],
    ["trainer", "put", "ns/default/records/webhooks/whk_1.json"],
    ["trainer", "put", IMAGE],
    ["trainer", "put", "ns/default/records/aliases/a.json"],
    ["trainer", "put", "ns/default/datasets/ds_1/manifest-1.jsonl"],
    ["trainer", "delete", RECORD],
    ["trainer", "delete", "ns/default/models/mdl_1/stage-1/1/model.onnx"],
    ["inferer", "get", KEY],
    ["inferer", "get", SECRET],
    ["inferer", "put", IMAGE],
    ["inferer", "put", RECORD],
    ["inferer", "put", "ns/default/models/mdl_1/stage-1/1/model.onnx"],
    ["inferer", "delete", RECORD],
    ["api", "put", "elsewhere/a"],
    ["api", "get", "elsewhere/a"],
  ])("%s cannot %s %s", async (service, what, key) => {
    await asRoot.put(key, "{}");
    await using stack = new AsyncDisposableStack();
    const store = await storeOf(service);
    stack.defer(() => store.close());
    const attempt = what === "put" ? store.put(key, "another") : store[what](key);
    await expect(attempt).rejects.toThrow(StoreUnavailable);
    expect((await asRoot.get(key)).body.toString()).toBe("{}");
  });

  test("none of them can make a bucket", async () => {
    const there = openStore(minio?.storeUrl("another-bucket") ?? "", users.get("api")).then((store) => store.check());
    await expect(there).rejects.toThrow();
  });
});

// All of Ursa in containers, as docs/compose.md says: the main job with each container killed meanwhile, more inferers, and how each one stops.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@ursa/contracts/client";
import { isFinal } from "@ursa/contracts/record";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { drawBear } from "@ursa/testing/pictures";
import { createScratchFolder, type ScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../cluster/images.ts";
import { type ComposeHost, imageMegabytes, missingForCompose, startCompose } from "./compose-host.ts";
import { killEach } from "./compose-kills.ts";
import { runCli } from "./run-cli.ts";
import { startServeImage } from "./serve-image.ts";

const BEARS = fileURLToPath(new URL("../../../shared/data/bears", import.meta.url));
const hasBears = existsSync(BEARS);
const missing = missingForCompose();
if (missing) reportAbsentPart(`Docker Compose was not tried for real: ${missing}.`);
else if (!hasBears)
  reportAbsentPart("The real photographs of bears were not found, so Compose was tried with drawn bears.");

/** Another one than docker-compose.yml's, which may be in use on this machine. */
const SUBNET = "172.30.78.0/24";
const GALLERY = {
  GALLERY_SUBNET: SUBNET,
  URSA_FETCH_ALLOW: `${SUBNET}:8090`,
  ...(hasBears ? { GALLERY_FOLDER: BEARS } : {}),
};
const PHASES: ("stage-1" | "stage-2")[] = ["stage-1", "stage-2"];
const BASE = "local/node:24-bookworm-slim";
/** What an image may add to the one it starts from. */
const ADDED_MB = 200;

describe.skipIf(missing !== undefined)("under Docker Compose", () => {
  let host: ComposeHost;
  let key: string;
  const stack = new AsyncDisposableStack();
  let scratch: ScratchFolder;
  /** One that is killed is back within a minute. */
  const client = () => createClient({ baseUrl: host.apiUrl, key, retries: 120 });
  /** What the command line answers, as JSON. */
  const ursa = async (...words: string[]) => {
    const api = ["--api", host.apiUrl, "--key-file", join(scratch.path, "key")];
    const { code, out, err } = await runCli([...api, ...words, "--json"]);
    expect(code, `${words.join(" ")}\n${out}${err}`).toBe(0);
    return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
  };

  beforeAll(async () => {
    host = stack.use(await startCompose(GALLERY));
    key = await host.compose("exec", "-T", "api", "cat", "/var/lib/ursa/secrets/admin/key");
    scratch = stack.use(await createScratchFolder());
    await writeFile(join(scratch.path, "key"), key);
  }, 1_200_000);
  afterAll(() => stack.disposeAsync(), 120_000);

  test("who has no key is refused", async () => {
    expect((await fetch(`${host.apiUrl}/v1/datasets`)).status).toBe(401);
  });

  test("the main job ends with every URL accounted for while each container is killed in turn, at work", async () => {
    const folder = hasBears ? ["--folder", BEARS] : [];
    const demo = ["demo", ...folder, "--gallery", "http://gallery:8090", "--recipe", "quick", "--seed", "1"];
    const [report, killed] = await Promise.all([ursa(...demo), killEach(host, client())]);
    expect(report.ok).toBe(true);
    if (hasBears)
      expect(report).toMatchObject({ listed: { black: 97, grizzly: 93, teddy: 92 }, outcomes: { ok: 282 } });
    expect(report.train + report.valid).toBe(report.outcomes.ok);
    const passing = ["secrets", "bucket-init", "gallery", "prometheus", "alertmanager"];
    const services = new Set((await host.containers()).map(({ Service }) => Service));
    expect(killed.toSorted()).toEqual([...services].filter((name) => !passing.includes(name)).toSorted());
    // Two trainers had it, one after the other.
    expect((await client().call("listModels", {})).items[0]?.fence).toBeGreaterThan(1);
  }, 900_000);

  test("three inferers share a thousand requests, a fifth of them each at least", async () => {
    await host.compose("up", "--detach", "--no-recreate", "--scale", "inferer=3", "--wait", "inferer");
    const picture = new Uint8Array(await drawBear("teddy", 1));
    // The API asks DNS again every two seconds.
    const areAllAsked = async () => {
      await classify(client(), picture, 6);
      return (await busyInferers(host)).every((count) => count > 0);
    };
    await waitUntil(areAllAsked, { what: "each of three inferers to be asked", timeoutMs: 30_000 });
    const before = await busyInferers(host);
    for (let round = 0; round < 125; round++) await classify(client(), picture, 8);
    const shares = (await busyInferers(host)).map((count, i) => count - (before[i] ?? 0));
    expect(shares.reduce((sum, share) => sum + share)).toBe(1000);
    expect(Math.min(...shares), shares.join(", ")).toBeGreaterThanOrEqual(200);
  }, 300_000);

  test("Prometheus sees every process, each inferer by itself; its rules are sound, and its alerts arrive", async () => {
    const one = ["api", "downloader", "inferer-batch", "prometheus", "trainer"].map((job) => `${job} up`);
    const targets = [...one, "inferer up", "inferer up", "inferer up"].toSorted();
    // It asks for names every ten seconds, and a new address fifteen seconds later at most.
    await expect.poll(() => observed(host), { timeout: 60_000, interval: 1000 }).toEqual({ targets, faults: [] });
    // As alertmanager documents it.
    const alerts = (await jsonAt(`${host.alertmanagerUrl}/api/v2/alerts`)) as { labels: Record<string, string> }[];
    expect(alerts.map(({ labels }) => labels.alertname)).toContain("Watchdog");
  }, 120_000);

  test("an operator's page shows the queues of a Redis that lets Ursa do little", async () => {
    const board = `${host.apiUrl}/operations/queues`;
    const headers = { authorization: `Bearer ${key}` };
    const answers = ["", "/static/images/logo.svg", "/api/queues?activeQueue=train", "/api/redis/stats"].map((path) =>
      fetch(board + path, { headers }),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test("each container is healthy, is nobody, and cannot write its root", async () => {
    const lasting = (await host.containers()).filter(({ Service }) => !["secrets", "bucket-init"].includes(Service));
    expect(lasting.filter(({ Health }) => Health !== "healthy").map(({ Name }) => Name)).toEqual([]);
    const ours = ["api", "downloader", "trainer", "inferer", "inferer-batch"];
    for (const service of [...ours, "redis", "minio", "prometheus", "alertmanager"]) {
      expect(await host.compose("exec", "-T", service, "id", "-u")).toBe("10001\n");
      await expect(host.compose("exec", "-T", service, "touch", "/app-was-written"), service).rejects.toThrow(
        "Read-only",
      );
    }
  }, 120_000);

  test.each(["api", "downloader", "trainer", "inferer"])(
    "the image of %s adds little, and has no npm",
    async (name) => {
      const image = `local/ursa-${name}:0.1.0`;
      expect(imageMegabytes(image) - imageMegabytes(BASE)).toBeLessThanOrEqual(ADDED_MB);
      await expect(host.compose("exec", "-T", name, "npm", "--version")).rejects.toThrow();
      const sbom = JSON.parse(await host.compose("exec", "-T", name, "cat", "sbom.cdx.json"));
      expect(sbom).toMatchObject({ bomFormat: "CycloneDX" });
      expect(sbom.components.length).toBeGreaterThan(50);
    },
  );

  test("the API's list names what its page is made of, which itself is not among its packages", async () => {
    const { components } = JSON.parse(await host.compose("exec", "-T", "api", "cat", "sbom.cdx.json"));
    const names = components.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(["react", "uplot"]));
    expect(names).not.toContain("vite");
    for (const name of ["react", "vite"])
      await expect(host.compose("exec", "-T", "api", "ls", `node_modules/${name}`), name).rejects.toThrow(
        "No such file",
      );
  });

  test("a second stage that was trained here is answered by the image of serve alone, as the inferer answers it", async () => {
    const [dataset] = (await client().call("listDatasets", {})).items;
    const recipe = { size: 64, phases: PHASES, stage1: { epochs: 1 }, stage2: { epochs: 1 }, allowUnusual: true };
    const { id } = await client().call("createModel", { body: { dataset: dataset?.id ?? "", recipe } });
    const state = async () => (await client().call("getModel", { params: { id } })).state;
    const isOver = async () => isFinal(await state());
    await waitUntil(isOver, { what: "a model of two stages", timeoutMs: 180_000, intervalMs: 500 });
    expect(await state()).toBe("ready");
    const folder = join(scratch.path, "model");
    await ursa("model", "export", id, "--stage", "stage-2", "--out", folder);

    const image = await buildImage("serve", "0.1.0");
    expect(imageMegabytes(image) - imageMegabytes(BASE)).toBeLessThanOrEqual(ADDED_MB);
    await using served = await startServeImage(image, folder);
    const body = new Uint8Array(await drawBear("grizzly", 2));
    const answer = await (await fetch(`${served.url}/v1/classify`, { method: "POST", body })).json();
    const { predictions, class: best, index } = await client().call("classify", { query: { model: id }, body });
    expect(answer).toMatchObject({ model: id, predictions, class: best, index });
    expect(await (await fetch(served.url)).text()).toContain(`<code>${id}</code> stage 2,`);
    await expect(served.exec("npm", "--version")).rejects.toThrow();
    const listed = await served.exec("node", "--print", "require('./sbom.cdx.json').components.length");
    expect(Number(listed)).toBeGreaterThan(50);
    expect(await served.stop()).toBe(0);
  }, 900_000);

  test("told to stop, every container ends by itself and says that all is well", async () => {
    await host.compose("stop");
    const ends = (await host.containers()).map(({ Service, ExitCode }) => [Service, ExitCode]);
    expect(ends.filter(([, code]) => code !== 0)).toEqual([]);
  }, 120_000);
});

const classify = (client: Client, body: Uint8Array<ArrayBuffer>, atOnce: number) =>
  Promise.all(Array.from({ length: atOnce }, () => client.call("classify", { body })));

/** Each target with its health, and rules that could not be evaluated. The casts: as Prometheus documents its answers. */
async function observed({ prometheusUrl }: ComposeHost) {
  const { data: found } = (await jsonAt(`${prometheusUrl}/api/v1/targets?state=active`)) as {
    data: { activeTargets: { labels: { job: string }; health: string }[] };
  };
  const { data: told } = (await jsonAt(`${prometheusUrl}/api/v1/rules`)) as {
    data: { groups: { rules: { name: string; health: string }[] }[] };
  };
  const rules = told.groups.flatMap(({ rules }) => rules);
  expect(rules.length).toBeGreaterThan(15);
  return {
    targets: found.activeTargets.map(({ labels, health }) => `${labels.job} ${health}`).toSorted(),
    faults: rules.filter(({ health }) => health !== "ok").map(({ name, health }) => `${name}: ${health}`),
  };
}

const jsonAt = async (url: string): Promise<unknown> => (await fetch(url)).json();

/** How many classifications each inferer has answered, by the metrics of its own. */
async function busyInferers(host: ComposeHost): Promise<number[]> {
  const script = "fetch('http://127.0.0.1:8083/metrics').then((a) => a.text()).then((t) => console.log(t))";
  const counts = await Promise.all(
    [1, 2, 3].map((index) => host.compose("exec", "-T", "--index", String(index), "inferer", "node", "--eval", script)),
  );
  return counts.map((text) =>
    Number(/ursa_http_request_duration_seconds_count\{.*route="\/classify".*\} (\d+)/.exec(text)?.[1] ?? 0),
  );
}

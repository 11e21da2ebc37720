// deploy/k8s on a real Kubernetes: every overlay as its API server judges it, and overlay `demo` at work while pods go away.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { datasetSchema } from "@ursa/contracts/dataset";
import { modelSchema } from "@ursa/contracts/model";
import { predictionSchema } from "@ursa/contracts/prediction";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { installDefinitions } from "./definitions.ts";
import { buildImages } from "./images.ts";
import {
  allReady,
  bringPictures,
  deletePod,
  execIn,
  install,
  MANIFESTS,
  NAMESPACE,
  podsOf,
  prepareNamespace,
  ursa,
  ursaUntil,
} from "./installation.ts";
import { type Cluster, hasKeda, loadImages, openCluster, startKeda, whyNoCluster } from "./open-cluster.ts";

const BEARS = resolve(import.meta.dirname, "../../../shared/data/bears");
const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../package.json"), "utf8"));
const why = whyNoCluster();
const lacksBears = existsSync(BEARS) ? undefined : "the photographs of bears were not found";
if (why ?? lacksBears) reportAbsentPart(`Ursa was not tried on Kubernetes: ${why ?? lacksBears}.`);

/** Enough that the trainer is still at it when its pod is deleted. */
const EPOCHS = 12;
const idSchema = z.looseObject({ id: z.string() });
const seenSchema = z.object({ asked: z.number(), failures: z.array(z.string()) });
const deploymentSchema = z.looseObject({
  spec: z.looseObject({ replicas: z.number() }),
  status: z.looseObject({ readyReplicas: z.number().default(0) }),
});

describe.runIf((why ?? lacksBears) === undefined)("on a real cluster", () => {
  let cluster: Cluster;
  const kubectl = (args: string[], input?: string) => cluster.kubectl(args, input);

  beforeAll(async () => {
    cluster = await openCluster();
    // Before anything is changed: it may be refused.
    await prepareNamespace(cluster.kubectl);
    await installDefinitions(cluster.kubectl);
  });
  afterAll(async () => cluster?.[Symbol.asyncDispose]());

  describe("the API server", () => {
    const judge = (args: string[], input?: string) =>
      cluster.kubectl.ended(["apply", "--dry-run=server", "--validate=strict", ...args], input);

    test.each(["dev", "demo", "prod", "gpu"])(
      "takes overlay %s: no unknown field, nothing that the restricted profile warns of",
      async (name) => {
        const { code, err } = await judge(["-k", join(MANIFESTS, "overlays", name)]);
        expect({ code, err }).toEqual({ code: 0, err: "" });
      },
    );

    test.each([
      {
        mistake: "a field that there is not",
        from: "revisionHistoryLimit: 3",
        to: "revisionHistory: 3",
        says: 'unknown field "spec.revisionHistory"',
      },
      {
        mistake: "a container that may become root",
        from: "allowPrivilegeEscalation: false",
        to: "allowPrivilegeEscalation: true",
        says: "would violate PodSecurity",
      },
      {
        mistake: "a trigger without a type",
        from: "type: redis",
        to: "typ: redis",
        says: 'unknown field "spec.triggers[0].typ"',
      },
    ])("finds $mistake", async ({ from, to, says }) => {
      const yaml = await kubectl(["kustomize", join(MANIFESTS, "overlays/prod")]);
      const { err } = await judge(["-f", "-"], yaml.replace(from, to));
      expect(err).toContain(says);
    });
  });

  describe("overlay demo", () => {
    let [pictures, model] = [0, ""];
    beforeAll(async () => {
      await loadImages(cluster, cluster.folder ? await buildImages(version) : []);
      await install(cluster);
      pictures = await bringPictures(cluster.kubectl, BEARS);
    });

    test("the main job on real photographs, with a pod of each kind deleted meanwhile, loses nothing", async () => {
      const { kubectl } = cluster;
      const record = async (...args: string[]) => idSchema.parse(JSON.parse(await ursa(kubectl, ...args))).id;
      const ready = { holds: (one: { state: string }) => one.state === "ready" || one.state === "failed" };

      const dataset = await record("dataset", "create", "/tmp/brought/lists", "--detach");
      const shown = { args: ["dataset", "show", dataset], schema: datasetSchema };
      await ursaUntil(kubectl, {
        ...shown,
        what: "pictures that were fetched",
        holds: ({ progress }) => (progress?.done ?? 0) > 10,
      });
      for (const one of ["downloader", "api", "redis", "minio"]) await deletePod(kubectl, one);
      const made = await ursaUntil(kubectl, { ...shown, ...ready, what: "the dataset's end" });
      expect(made).toMatchObject({ state: "ready", listed: pictures, counts: { outcomes: { ok: pictures } } });

      model = await record("train", dataset, "--recipe", "quick", "--epochs", `${EPOCHS}`, "--detach");
      const trained = { args: ["model", "show", model], schema: modelSchema };
      await ursaUntil(kubectl, { ...trained, what: "the first epoch", holds: ({ epochs }) => epochs.length > 0 });
      await deletePod(kubectl, "trainer");
      const ended = await ursaUntil(kubectl, { ...trained, ...ready, what: "the model's end" });
      expect(ended).toMatchObject({ state: "ready" });
      // Two trainers had it, one after the other.
      expect(ended.fence).toBeGreaterThan(1);
      expect(ended.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: EPOCHS }, (_, index) => index + 1));
      expect(ended.stages[0]?.errorRate).toBeLessThanOrEqual(0.1);
      await ursa(kubectl, "alias", "set", "bears@production", model);

      await deletePod(kubectl, "inferer");
      await ursaUntil(kubectl, {
        args: ["classify", "/tmp/brought/picture.jpg"],
        schema: z.unknown(),
        what: "a classified picture",
        holds: (answer) => JSON.stringify(answer).includes(model),
      });

      const prediction = await record("predict", "--dataset", dataset, "--model", model, "--detach");
      const predicted = { args: ["prediction", "show", prediction], schema: predictionSchema };
      await ursaUntil(kubectl, {
        ...predicted,
        what: "predicted pictures",
        holds: ({ progress }) => (progress?.done ?? 0) > 10,
      });
      await deletePod(kubectl, "inferer-batch");
      const counted = await ursaUntil(kubectl, { ...predicted, ...ready, what: "the prediction's end" });
      expect(counted).toMatchObject({ state: "ready", inputs: pictures, counts: { outcomes: { ok: pictures } } });
      await allReady(kubectl);
    });

    test("the inferer and the API are replaced under load, and no request fails", async () => {
      const script = readFileSync(join(import.meta.dirname, "classify-load.mjs"), "utf8");
      const load = kubectl(execIn("client", ["node", "--input-type=module", "-"]), script);
      for (const name of ["inferer", "api"]) {
        await kubectl(["rollout", "restart", "-n", NAMESPACE, `deployment/${name}`]);
        await kubectl(["rollout", "status", "-n", NAMESPACE, `deployment/${name}`, "--timeout=300s"]);
        const left = () => podsOf(cluster.kubectl, name);
        await waitUntil(async () => (await left()).length === 1, {
          what: `the old ${name} to be gone`,
          timeoutMs: 120_000,
        });
      }
      await kubectl(execIn("client", ["touch", "/tmp/brought/stop"]));
      const seen = seenSchema.parse(JSON.parse(await load));
      console.log(`${seen.asked} requests while the inferer and the API were replaced`);
      expect(seen.failures).toEqual([]);
      expect(seen.asked).toBeGreaterThan(20);
    });

    test("KEDA takes inferer-batch to none, to one for a prediction and for a retry, and to none again", async ({
      skip,
    }) => {
      const hasScaler = await hasKeda(cluster);
      if (!hasScaler) reportAbsentPart("The cluster has no keda-operator, so scaling by queues was not tried on it.");
      skip(!hasScaler);
      await scaleByQueues();
      const replicas = async (name: string) =>
        cluster.kubectl.read(deploymentSchema, ["get", "deployment", name, "-n", NAMESPACE]);
      const reach = (name: string, count: number) =>
        waitUntil(async () => (await replicas(name)).spec.replicas === count, {
          what: `${count} replicas of ${name}`,
          timeoutMs: 180_000,
          intervalMs: 250,
        });
      await reach("inferer-batch", 0);
      await reach("trainer", 0);
      const { id } = idSchema.parse(
        JSON.parse(
          await ursa(cluster.kubectl, "predict", "/tmp/brought/lists/urls_teddy.txt", "--model", model, "--detach"),
        ),
      );
      await reach("inferer-batch", 1);
      const end = await ursaUntil(cluster.kubectl, {
        args: ["prediction", "show", id],
        schema: predictionSchema,
        what: "the prediction's end",
        holds: ({ state }) => state === "ready" || state === "failed",
      });
      expect(end).toMatchObject({ state: "ready", inputs: end.counts?.outcomes.ok });
      await reach("inferer-batch", 0);
      // A retry that waits for its time, in the far future here: only a worker would move it on.
      await redis("ZADD", "bull:collect:delayed", `${Number.MAX_SAFE_INTEGER}`, "a-retry");
      await reach("inferer-batch", 1);
      await redis("DEL", "bull:collect:delayed");
      await reach("inferer-batch", 0);
      // It serves /fetch, so one stays although its queues are empty.
      expect((await replicas("downloader")).spec.replicas).toBe(1);
    });

    async function redis(...command: string[]): Promise<void> {
      const asUrsa = 'redis-cli --no-auth-warning --user ursa --pass "$(cat /run/secrets/redis/password)" "$@"';
      await kubectl(["exec", "-n", NAMESPACE, "redis-0", "--", "sh", "-c", asUrsa, "redis", ...command]);
    }

    /** KEDA's operator, and its objects with the patience of a test. */
    async function scaleByQueues(): Promise<void> {
      if (await startKeda(cluster)) {
        // Beside the cluster it finds no names of Services.
        const address = await kubectl([
          "get",
          "service",
          "redis",
          "-n",
          NAMESPACE,
          "-o",
          "jsonpath={.spec.clusterIP}:6379",
        ]);
        await kubectl([
          "patch",
          "secret",
          "ursa-redis",
          "-n",
          NAMESPACE,
          "-p",
          JSON.stringify({ stringData: { address } }),
        ]);
      }
      const objects = readFileSync(join(MANIFESTS, "components/keda/scaled-objects.yaml"), "utf8");
      await kubectl(
        ["apply", "--validate=strict", "-n", NAMESPACE, "-f", "-"],
        objects
          .replaceAll("pollingInterval: 10", "pollingInterval: 1")
          .replaceAll("cooldownPeriod: 300", "cooldownPeriod: 10"),
      );
    }
  });
});

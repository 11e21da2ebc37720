// deploy/k8s on a real Kubernetes: every overlay as its API server judges it, and overlay `demo` at work while pods go away.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { modelSchema } from "@ursa/contracts/model";
import { predictionSchema } from "@ursa/contracts/prediction";
import { isFinal, type RecordState, stateSchema } from "@ursa/contracts/record";
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
  runDemo,
  ursa,
  ursaUntil,
} from "./installation.ts";
import { type Cluster, hasKeda, loadImages, openCluster, startKeda, whyNoCluster } from "./open-cluster.ts";

const BEARS = resolve(import.meta.dirname, "../../../shared/data/bears");
const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../package.json"), "utf8"));
const why = whyNoCluster();
const lacksBears = existsSync(BEARS) ? undefined : "the photographs of bears were not found";
if (why ?? lacksBears) reportAbsentPart(`Ursa was not tried on Kubernetes: ${why ?? lacksBears}.`);

const idSchema = z.looseObject({ id: z.string() });
const UNFINISHED: RecordState[] = ["queued", "running"];
const recordSchema = z.looseObject({ id: z.string(), state: stateSchema });
/** What a list command says, the newest first; nothing as long as there is none. */
const recordsSchema = z.tuple([recordSchema], recordSchema);
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

    test("the demo on real photographs, with a pod of each kind deleted meanwhile, loses nothing", async () => {
      const [report] = await Promise.all([runDemo(cluster.kubectl), deletePodsAtWork()]);
      expect(report).toMatchObject({ ok: true, outcomes: { ok: pictures } });
      expect(report.train + report.valid).toBe(pictures);
      expect(report.stages[0]?.errorRate).toBeLessThanOrEqual(0.1);
      // By the pod that came in the place of the deleted one.
      await ursaUntil(cluster.kubectl, {
        args: ["classify", "/tmp/brought/picture.jpg"],
        schema: z.unknown(),
        what: "a classified picture",
        holds: (answer) => JSON.stringify(answer).includes(model),
      });
      await allReady(cluster.kubectl);
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

    /** Each while the demo needs it; the records that were worked on are those that it makes. */
    async function deletePodsAtWork(): Promise<void> {
      const { kubectl } = cluster;
      const newest = async (kind: string) => {
        const any = { args: [kind, "list"], schema: recordsSchema, what: `the first ${kind}`, holds: () => true };
        const [first] = await ursaUntil(kubectl, any);
        return first;
      };
      // By another look it might be over.
      expect(UNFINISHED).toContain((await newest("dataset")).state);
      for (const one of ["downloader", "api", "redis", "minio"]) await deletePod(kubectl, one);

      model = (await newest("model")).id;
      const trained = { args: ["model", "show", model], schema: modelSchema };
      const training = await ursaUntil(kubectl, {
        ...trained,
        what: "a training run that is under way",
        holds: ({ state, progress }) => (progress?.done ?? 0) > 0 || isFinal(state),
      });
      expect(training.state).toBe("running");
      await deletePod(kubectl, "trainer");
      const isOver = ({ state }: { state: RecordState }) => isFinal(state);
      const ended = await ursaUntil(kubectl, { ...trained, what: "the model's end", holds: isOver });
      expect(ended.state).toBe("ready");
      // Two trainers had it, one after the other.
      expect(ended.fence).toBeGreaterThan(1);
      const asked = Array.from({ length: ended.recipe.stage1.epochs }, (_, index) => index + 1);
      expect(ended.epochs.map(({ epoch }) => epoch)).toEqual(asked);

      // What is asked of it is next.
      await deletePod(kubectl, "inferer");
      expect(UNFINISHED).toContain((await newest("prediction")).state);
      await deletePod(kubectl, "inferer-batch");
    }

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

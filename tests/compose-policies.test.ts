// What every service of docker-compose.yml must be like, read as Compose itself reads the file; and each policy shown able to fail.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const ROOT = resolve(import.meta.dirname, "..");
const BASE = join(ROOT, "docker-compose.yml");
const EXTERNAL_S3 = join(ROOT, "deploy/docker/external-s3.yml");
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const variables: string[] = JSON.parse(readFileSync(join(ROOT, "libs/service/variables.json"), "utf8"));

const serviceSchema = z.looseObject({
  image: z.string(),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  networks: z.record(z.string(), z.unknown()).default({}),
  network_mode: z.string().optional(),
  healthcheck: z.looseObject({ disable: z.boolean().optional() }).optional(),
  restart: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  user: z.string().optional(),
  volumes: z.array(z.looseObject({ type: z.string(), target: z.string() })).default([]),
  mem_limit: z.string().optional(),
  build: z.looseObject({ args: z.record(z.string(), z.string()) }).optional(),
  ports: z.array(z.looseObject({ host_ip: z.string().optional() })).default([]),
});
const composeSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.looseObject({ internal: z.boolean().optional() })),
});
type Compose = z.infer<typeof composeSchema>;
type Service = z.infer<typeof serviceSchema>;

type Reading = { profiles?: string[]; env?: Record<string, string> };

function read(files: string[], { profiles = ["*"], env = {} }: Reading = {}): Compose {
  const chosen = profiles.flatMap((name) => ["--profile", name]);
  const named = files.flatMap((file) => ["--file", file]);
  const args = ["compose", "--project-directory", ROOT, ...chosen, ...named, "config", "--format", "json"];
  const { status, stdout, stderr } = spawnSync("docker", args, { encoding: "utf8", env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(stderr);
  return composeSchema.parse(JSON.parse(stdout));
}

const isAble = spawnSync("docker", ["compose", "version"], { stdio: "ignore" }).status === 0;
if (!isAble) reportAbsentPart("docker compose was not found, so the policies on docker-compose.yml were not checked.");

/** Whether it is in a network from which something outside can be reached. */
const hasWayOut = ({ networks }: Service, all: Compose) =>
  Object.keys(networks).some((each) => !all.networks[each]?.internal);

/** Runs until it is stopped; `secrets` and `bucket-init` end. */
const isLasting = ({ restart }: Service) => restart !== "no";
/** Who may be in a network with a way out, and in which. */
const REACHING_OUT: Record<string, string> = {
  api: "edge",
  downloader: "internet",
  prometheus: "watch",
  alertmanager: "watch",
  grafana: "watch",
};

const POLICIES: Record<string, (service: Service, name: string, all: Compose) => string | false | undefined> = {
  imagesArePinned({ image, build }) {
    const tag = /:([^:/]+)$/.exec(image)?.[1];
    return tag === undefined || tag === "latest" || (build && tag !== version) ? `image ${image}` : undefined;
  },
  rootIsReadOnly: ({ read_only }) => !read_only && "its root can be written",
  nothingIsGained: ({ cap_drop, security_opt }) =>
    (!cap_drop.includes("ALL") || !security_opt.includes("no-new-privileges:true")) && "it could gain privileges",
  // Our own images say their user themselves.
  isNobody: ({ build, user }) => !build && user !== "10001:10001" && `it runs as ${user ?? "its image's user"}`,
  // Where an image has that path, an empty volume takes its owner from there: redis has /data, of another user.
  volumesKeepTheirOwner: ({ build, volumes }) =>
    !build &&
    volumes.some(({ type, target }) => type === "volume" && !target.startsWith("/var/lib/ursa/")) &&
    "a volume",
  memoryIsBounded: (service) => isLasting(service) && !service.mem_limit && "it has no memory limit",
  healthIsAsked: (service) =>
    isLasting(service) && !service.build && (!service.healthcheck || service.healthcheck.disable) && "no healthcheck",
  secretsAreFiles({ environment }) {
    const told = Object.entries(environment).find(
      ([name, value]) => /KEY|PASSWORD|SECRET|REDIS_URL/.test(name) && !name.endsWith("_FILE") && value,
    );
    return told && `${told[0]} is in its environment`;
  },
  variablesAreKnown({ environment }) {
    const unknown = Object.keys(environment).find((name) => name.startsWith("URSA_") && !variables.includes(name));
    return unknown && `${unknown} is no variable of Ursa`;
  },
  portsAreLocal: ({ ports }) => ports.some(({ host_ip }) => host_ip !== "127.0.0.1") && "a port is open to others",
  fewReachOut: ({ networks, network_mode }, name, all) =>
    network_mode !== "none" &&
    Object.keys(networks).some((each) => !all.networks[each]?.internal && each !== REACHING_OUT[name]) &&
    "it reaches out",
  theInsideIsClosed: (_service, name, { networks }) =>
    name === "redis" && !networks.inside?.internal && "the network it is in has a way out",
};

const findingsIn = (compose: Compose): string[] =>
  Object.entries(compose.services).flatMap(([name, service]) =>
    Object.entries(POLICIES).flatMap(([policy, look]) => {
      const finding = look(service, name, compose);
      return finding ? [`${policy}: ${name}: ${finding}`] : [];
    }),
  );

describe.runIf(isAble)("docker-compose.yml", () => {
  test("keeps to every policy", () => {
    const compose = read([BASE]);
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining([
        "api",
        "downloader",
        "trainer",
        "inferer",
        "inferer-batch",
        "redis",
        "minio",
        "prometheus",
        "grafana",
      ]),
    );
    expect(findingsIn(compose)).toEqual([]);
  });

  test.each([
    ["imagesArePinned", "IMAGE_TAG:-0.1.0", "IMAGE_TAG:-latest"],
    ["rootIsReadOnly", "  read_only: true", "  read_only: false"],
    ["nothingIsGained", "  cap_drop: [ALL]", "  cap_drop: [NET_RAW]"],
    ["isNobody", '    user: "10001:10001"', '    user: "0"'],
    ["volumesKeepTheirOwner", '"redis:/var/lib/ursa/redis"]', '"redis:/data"]'],
    ["memoryIsBounded", "    mem_limit: 4g", ""],
    ["healthIsAsked", "healthcheck: { test: [CMD, redis-cli", "healthcheck: { disable: true, test: [CMD, redis-cli"],
    ["secretsAreFiles", "      URSA_ROLE: classify", "      URSA_STORE_SECRET_KEY: abc"],
    ["variablesAreKnown", "      URSA_ROLE: classify", "      URSA_ROLL: classify"],
    ["portsAreLocal", "API_BIND:-127.0.0.1", "API_BIND:-0.0.0.0"],
    ["fewReachOut", "    networks: [inside]\n    # Time", "    networks: [inside, internet]\n    # Time"],
    ["fewReachOut", "    networks: [inside, watch]", "    networks: [inside, internet]"],
    ["secretsAreFiles", "GF_SECURITY_ADMIN_PASSWORD__FILE", "GF_SECURITY_ADMIN_PASSWORD"],
    ["imagesArePinned", "prom/prometheus:v3.13.5", "prom/prometheus"],
    ["theInsideIsClosed", "inside: { internal: true }", "inside: {}"],
  ])("%s catches a planted mistake", (policy, from, to) => {
    const folder = mkdtempSync(join(tmpdir(), "ursa-compose-"));
    const original = readFileSync(join(ROOT, "docker-compose.yml"), "utf8");
    const planted = original.replace(from, to);
    expect(planted, "the mistake was planted").not.toBe(original);
    try {
      writeFileSync(join(folder, "docker-compose.yml"), planted);
      expect(findingsIn(read([join(folder, "docker-compose.yml")])).join("\n")).toContain(`${policy}: `);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test.runIf(isAble).each([
  { how: "docker-compose.yml", files: [BASE] },
  { how: "closed.yml in front", files: [BASE, join(ROOT, "deploy/docker/closed.yml")] },
])("with $how every image that is built is told its commit", ({ files }) => {
  const { services } = read(files, { env: { COMMIT: "abc123" } });
  const built = Object.values(services).flatMap(({ build }) => build ?? []);
  expect(built.length).toBeGreaterThan(7);
  expect(new Set(built.map(({ args }) => args.COMMIT))).toEqual(new Set(["abc123"]));
});

describe.runIf(isAble)("deploy/docker/external-s3.yml", () => {
  const env = { URSA_STORE_URL: "s3://s3.example.com/ursa?region=eu-central-1" };

  test("whoever uses the store can reach one that is elsewhere; nobody else can, and MinIO is not started", () => {
    // Compose refuses to read a service that waits for one which is not started.
    const compose = read([BASE, EXTERNAL_S3], { profiles: [], env });
    expect(Object.keys(compose.services)).not.toContain("minio");
    const names = Object.entries(compose.services).filter(([, { networks }]) => Object.keys(networks).length > 0);
    const reaching = names.filter(([, service]) => hasWayOut(service, compose)).map(([name]) => name);
    const using = names.filter(([, { environment }]) => "URSA_STORE_URL" in environment);
    expect(reaching.toSorted()).toEqual(using.map(([name]) => name).toSorted());
    expect(reaching).toEqual(expect.arrayContaining(["bucket-init", "trainer", "inferer", "inferer-batch"]));
    expect(new Set(using.map(([, { environment }]) => environment.URSA_STORE_URL))).toEqual(
      new Set([env.URSA_STORE_URL]),
    );
  });

  test("without that file the same address could not be reached by most, which is why there is one", () => {
    const compose = read([BASE], { profiles: [], env });
    for (const name of ["bucket-init", "trainer", "inferer", "inferer-batch"])
      expect(hasWayOut(compose.services[name] ?? expect.fail(name), compose), name).toBe(false);
  });

  test("every other policy is kept, and who does not say where the S3 is, is told to", () => {
    const findings = findingsIn(read([BASE, EXTERNAL_S3], { env }));
    expect(findings.filter((finding) => !finding.startsWith("fewReachOut"))).toEqual([]);
    expect(() => read([BASE, EXTERNAL_S3], { env: { URSA_STORE_URL: "" } })).toThrow("where your S3 is");
  });
});

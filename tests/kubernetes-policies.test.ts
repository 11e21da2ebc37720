// Policies on every overlay as kustomize renders it; and each policy shown able to fail, by a mistake planted in `prod` or `dev`.
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ROUTES } from "@ursa/contracts/routes";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { describe, expect, test } from "vitest";
import { type Manifest, parseManifests, podsOf } from "./kubernetes/manifest.ts";
import * as pods from "./kubernetes/pod-policies.ts";
import { hasKubectl, render, renderSecrets } from "./kubernetes/render.ts";
import * as services from "./kubernetes/service-policies.ts";
import * as wiring from "./kubernetes/wiring-policies.ts";

const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, "../package.json"), "utf8"));
const overlays = ["overlays/dev", "overlays/demo", "overlays/prod", "overlays/gpu"];
const isAble = hasKubectl();
if (!isAble) reportAbsentPart("kubectl was not found, so the policies on deploy/k8s were not checked.");

const secrets = isAble ? renderSecrets() : [];
const policies: Record<string, pods.Policy> = {
  imagesArePinned: pods.imagesArePinned(version),
  probesArePresent: pods.probesArePresent,
  probesAskTheRightQuestion: pods.probesAskTheRightQuestion,
  resourcesAreBounded: pods.resourcesAreBounded,
  scratchSpaceIsBounded: pods.scratchSpaceIsBounded,
  labelsAreComplete: pods.labelsAreComplete,
  podsAreHardened: pods.podsAreHardened,
  stopsAreGraceful: pods.stopsAreGraceful,
  referencesExist: wiring.referencesExist(secrets),
  mountsExist: wiring.mountsExist,
  servicesFindPods: wiring.servicesFindPods,
  selectorsFindPods: wiring.selectorsFindPods,
  autoscalersHaveTheirOwnTarget: wiring.autoscalersHaveTheirOwnTarget,
  networkIsClosed: wiring.networkIsClosed,
  variablesAreKnown: services.variablesAreKnown,
  placesAreSaid: services.placesAreSaid,
  defaultsAreMeant: services.defaultsAreMeant,
  secretsAreFiles: services.secretsAreFiles,
  queuesAreWatched: services.queuesAreWatched,
  everyQueueIsScaled: services.everyQueueIsScaled,
};

describe.runIf(isAble).each(overlays)("%s", (overlay) => {
  const manifests = isAble ? render(overlay) : [];
  test.each(Object.entries(policies))("%s", (_, policy) => {
    expect(policy(manifests)).toEqual([]);
  });
});

test.runIf(isAble)("Grafana is given every dashboard, word for word", () => {
  const folder = resolve(import.meta.dirname, "../deploy/grafana/dashboards");
  const files = readdirSync(folder).map((name) => [name, readFileSync(resolve(folder, name), "utf8")]);
  const map = render("overlays/prod").find(({ metadata }) => metadata.labels.grafana_dashboard === "1");
  expect(map?.data).toEqual(Object.fromEntries(files));
});

test.runIf(isAble).each(overlays)("the API of %s has room for the largest import, packed and unpacked", (overlay) => {
  const bytesOf = (size: string | number = 0) =>
    Number.parseInt(String(size), 10) * (String(size).endsWith("Gi") ? 2 ** 30 : 2 ** 20);
  const { spec } = podsOf(render(overlay)).find(({ name, kind }) => name === "api" && kind === "Deployment") ?? {};
  const scratch = bytesOf(spec?.volumes.find(({ name }) => name === "tmp")?.emptyDir?.sizeLimit);
  expect(scratch).toBeGreaterThanOrEqual(2 * ROUTES.importModel.body.maxBytes);
  expect(bytesOf(spec?.containers[0]?.resources.limits["ephemeral-storage"])).toBeGreaterThan(scratch);
});

/** An edit of one rendered object, as text: what is planted is what a hand could have written. */
type Mistake = {
  policy: string;
  in?: string;
  kind?: string;
  name: string;
  edit: [string | RegExp, string];
  finding: string;
};

const mistakes: Mistake[] = [
  {
    policy: "imagesArePinned",
    name: "api",
    edit: ["ursa-api:0.1.0", "ursa-api:latest"],
    finding: "ursa-api:latest has no fixed tag",
  },
  {
    policy: "imagesArePinned",
    name: "api",
    edit: ["ursa-api:0.1.0", "ursa-api"],
    finding: "ursa-api has no fixed tag",
  },
  { policy: "imagesArePinned", name: "api", edit: ["ursa-api:0.1.0", "ursa-api:0.0.9"], finding: "not of version" },
  {
    policy: "probesArePresent",
    name: "trainer",
    edit: ['"livenessProbe"', '"x"'],
    finding: "Deployment trainer: no livenessProbe",
  },
  {
    policy: "probesAskTheRightQuestion",
    name: "api",
    edit: ["/livez", "/readyz"],
    finding: "livenessProbe does not ask /livez",
  },
  {
    policy: "resourcesAreBounded",
    name: "api",
    edit: [/"limits":\{[^}]*\}/, '"limits":{}'],
    finding: "no limit of memory",
  },
  {
    policy: "resourcesAreBounded",
    name: "inferer",
    edit: ['"memory":"2Gi"', '"memory":"1Gi"'],
    finding: "request and limit differ",
  },
  {
    policy: "scratchSpaceIsBounded",
    name: "trainer",
    edit: ['"sizeLimit":"10Gi"', ""],
    finding: "emptyDir work has no sizeLimit",
  },
  {
    policy: "labelsAreComplete",
    name: "api",
    edit: [/("template":.*)"app.kubernetes.io\/version"/, '$1"v"'],
    finding: "no label app.kubernetes.io/version",
  },
  {
    policy: "podsAreHardened",
    name: "api",
    edit: ['"runAsNonRoot":true', '"runAsNonRoot":false'],
    finding: "runAsNonRoot",
  },
  {
    policy: "podsAreHardened",
    name: "api",
    edit: ['"enableServiceLinks":false', '"enableServiceLinks":true'],
    finding: "enableServiceLinks",
  },
  {
    policy: "podsAreHardened",
    name: "api",
    edit: ['"drop":["ALL"]', '"add":["NET_ADMIN"],"drop":["ALL"]'],
    finding: "capabilities",
  },
  {
    policy: "podsAreHardened",
    name: "api",
    edit: ['"readOnlyRootFilesystem":true', '"readOnlyRootFilesystem":false'],
    finding: "readOnlyRootFilesystem",
  },
  {
    policy: "podsAreHardened",
    name: "api",
    edit: [/"emptyDir":\{[^}]*\}/, '"hostPath":{"path":"/"}'],
    finding: "a volume is a hostPath",
  },
  {
    policy: "stopsAreGraceful",
    name: "inferer",
    edit: ['"terminationGracePeriodSeconds":45', '"terminationGracePeriodSeconds":30'],
    finding: "30 s of grace",
  },
  { policy: "stopsAreGraceful", name: "inferer", edit: ['"preStop"', '"x"'], finding: "no preStop" },
  {
    policy: "referencesExist",
    name: "api",
    edit: ['"key":"store-url"', '"key":"store"'],
    finding: "/store, which is not there",
  },
  {
    policy: "referencesExist",
    name: "api",
    edit: ['"secretName":"ursa-store"', '"secretName":"store"'],
    finding: "Secret store",
  },
  {
    policy: "referencesExist",
    name: "api",
    edit: ['"serviceAccountName":"api"', '"serviceAccountName":"apo"'],
    finding: "ServiceAccount apo",
  },
  {
    policy: "referencesExist",
    kind: "TriggerAuthentication",
    name: "ursa-redis",
    edit: ['"key":"password"', '"key":"pass"'],
    finding: "ursa-redis/pass",
  },
  { policy: "mountsExist", name: "trainer", edit: ['"name":"work"}', '"name":"wrk"}'], finding: "mounts wrk" },
  {
    policy: "servicesFindPods",
    kind: "Service",
    name: "inferer",
    edit: [/("selector":.*)"inferer"/, '$1"infer"'],
    finding: "Service inferer selects no pod",
  },
  {
    policy: "servicesFindPods",
    kind: "Service",
    name: "api",
    edit: ['"targetPort":"http"', '"targetPort":"web"'],
    finding: "port web",
  },
  {
    policy: "selectorsFindPods",
    kind: "PodDisruptionBudget",
    name: "api",
    edit: [/("selector":.*)"api"/, '$1"apo"'],
    finding: "PodDisruptionBudget api selects no pod",
  },
  {
    policy: "selectorsFindPods",
    kind: "NetworkPolicy",
    name: "downloader",
    edit: [/("podSelector":.*)"downloader"/, '$1"loader"'],
    finding: "NetworkPolicy downloader selects no pod",
  },
  {
    policy: "autoscalersHaveTheirOwnTarget",
    kind: "ScaledObject",
    name: "trainer",
    edit: ['"scaleTargetRef":{"name":"trainer"', '"scaleTargetRef":{"name":"inferer"'],
    finding: "inferer has two autoscalers",
  },
  {
    policy: "networkIsClosed",
    kind: "NetworkPolicy",
    name: "default-deny",
    edit: ['"podSelector":{}', '"podSelector":{"matchLabels":{"a":"b"}}'],
    finding: "restricts Egress of a pod that comes later",
    in: "overlays/dev",
  },
  {
    policy: "variablesAreKnown",
    name: "trainer",
    edit: ["URSA_WORK_DIR", "URSA_WORKDIR"],
    finding: "trainer sets URSA_WORKDIR",
  },
  {
    policy: "variablesAreKnown",
    name: "api",
    edit: ["URSA_INFERER_URL", "URSA_INFERER_URL_FILE"],
    finding: "URSA_INFERER_URL_FILE",
  },
  {
    policy: "placesAreSaid",
    name: "inferer-batch",
    edit: ["URSA_REDIS_URL_FILE", "X"],
    finding: "inferer-batch does not set URSA_REDIS_URL",
  },
  {
    policy: "placesAreSaid",
    name: "api",
    edit: ["URSA_DOWNLOADER_URL", "X"],
    finding: "api does not set URSA_DOWNLOADER_URL",
  },
  { policy: "placesAreSaid", name: "api", edit: ["URSA_HOST", "X"], finding: "api does not set URSA_HOST" },
  {
    policy: "defaultsAreMeant",
    name: "inferer",
    edit: ["URSA_LOG_LEVEL", "X"],
    finding: "inferer does not set URSA_LOG_LEVEL, and nobody says why",
  },
  {
    policy: "defaultsAreMeant",
    name: "trainer",
    edit: [/component":"trainer"/g, 'component":"teacher"'],
    finding: "URSA_WEIGHTS_DIR is said to be left",
  },
  {
    policy: "secretsAreFiles",
    name: "api",
    edit: ['"URSA_STORE_SECRET_KEY_FILE"', '"URSA_STORE_SECRET_KEY"'],
    finding: "URSA_STORE_SECRET_KEY",
  },
  {
    policy: "secretsAreFiles",
    name: "api",
    edit: ["http://inferer", "http://me:secret@inferer"],
    finding: "URSA_INFERER_URL",
  },
  {
    policy: "queuesAreWatched",
    kind: "ScaledObject",
    name: "downloader",
    edit: ["bull:assemble:delayed", "bull:assemble:failed"],
    finding: "does not watch bull:assemble:delayed",
  },
  {
    policy: "queuesAreWatched",
    kind: "ScaledObject",
    name: "inferer-batch",
    edit: ["collect_delayed + ", ""],
    finding: "does not count collect_delayed",
  },
  {
    policy: "everyQueueIsScaled",
    kind: "ScaledObject",
    name: "trainer",
    edit: ['"name":"trainer"', '"name":"trainers"'],
    finding: "nothing is scaled by queue train",
  },
];

describe.runIf(isAble)("a planted mistake is found", () => {
  const rendered = Object.fromEntries(overlays.map((overlay) => [overlay, isAble ? render(overlay) : []]));
  test.each(mistakes)("$policy: $finding", ({ policy, in: overlay = "overlays/prod", ...mistake }) => {
    expect(policies[policy]?.(plant(rendered[overlay] ?? [], mistake)).join("\n")).toContain(mistake.finding);
  });

  test("every policy has one", () => {
    expect(new Set(mistakes.map(({ policy }) => policy))).toEqual(new Set(Object.keys(policies)));
  });
});

function plant(
  manifests: Manifest[],
  { kind = "Deployment", name, edit: [from, to] }: Omit<Mistake, "policy" | "in">,
): Manifest[] {
  const at = manifests.findIndex((one) => one.kind === kind && one.metadata.name === name);
  const before = JSON.stringify(manifests[at]);
  const after = before.replace(from, to).replace("{,", "{").replace(",}", "}");
  expect(after).not.toBe(before);
  return parseManifests(manifests.with(at, JSON.parse(after)));
}

// Who changed what: one line for each write, also for one that was refused, and none for reading.
import { Problem } from "@ursa/contracts/problem";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { DATASET_ID, startTestServer } from "./start-test-server.fixture.ts";

const KEY_ID = "key_01J00000000000000000000000";
const READS = "reads";
const WRITES = "writes";

async function startGuarded() {
  return startTestServer(
    {
      listAliases: async () => ({ items: [] }),
      deleteDataset: async () => undefined,
      classify: async () => Promise.reject(new Problem("bad_image")),
    },
    {
      authenticate: async (token) => {
        if (token !== READS && token !== WRITES) throw new Problem("key_unknown");
        const scopes = [token === READS ? ("read" as const) : ("write" as const)];
        return { keyId: KEY_ID, namespace: "team", scopes, isInstallation: false };
      },
    },
  );
}

test("each write leaves a line that says who did what, and how it ended", async () => {
  await using server = await startGuarded();
  const ask = async (method: string, path: string, token: string) => {
    const response = await fetch(server.url + path, { method, headers: { authorization: `Bearer ${token}` } });
    await response.arrayBuffer();
    return response.status;
  };
  const path = `/v1/datasets/${DATASET_ID}`;
  expect(await ask("GET", "/v1/aliases", WRITES)).toBe(200);
  await ask("POST", "/v1/classify", READS);
  expect(await ask("DELETE", `${path}?secret=${"s".repeat(20)}`, WRITES)).toBeLessThan(500);
  expect(await ask("DELETE", path, READS)).toBe(403);
  expect(await ask("DELETE", path, "nobody's")).toBe(401);
  const audit = () => server.logs.filter((line) => line.audit === true);
  await waitUntil(() => audit().length >= 3, { what: "three lines" });
  const route = { method: "DELETE", route: "/v1/datasets/{id}", path, address: "127.0.0.1", level: "info" };
  expect(audit()).toMatchObject([
    { ...route, keyId: KEY_ID, namespace: "team" },
    { ...route, keyId: KEY_ID, namespace: "team", status: 403 },
    { ...route, status: 401 },
  ]);
  expect(audit()).toHaveLength(3);
  expect(audit()[2]).not.toHaveProperty("namespace");
  expect(JSON.stringify(audit())).not.toContain("ssss");
});

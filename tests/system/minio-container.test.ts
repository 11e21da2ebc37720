// The server that the tests of access run on: in a container where there is one to be had, and never silently something else.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "@ursa/store/open-store";
import { afterEach, expect, test, vi } from "vitest";
import { type MinioContainer, startMinioContainer } from "./minio-container.ts";

// There is no output where there is no such program.
const docker = (...args: string[]) => (spawnSync("docker", args, { encoding: "utf8" }).stdout ?? "").trim();
const hasImage = docker("image", "inspect", "--format", "{{.Id}}", "local/minio:1") !== "";

afterEach(() => vi.unstubAllEnvs());

async function putAndGet(minio: MinioContainer): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const store = await openStore(minio.storeUrl(), minio.credentials);
  stack.defer(() => store.close());
  await store.put("a/b", "kept");
  return (await store.get("a/b")).body.toString();
}

test.runIf(hasImage)(
  "it is a container of the closed image, takes and gives, and is gone when it is closed",
  async () => {
    const absent = absentFile();
    const minio = await startMinioContainer();
    if (!minio) throw new Error("it did not start");
    expect(minio.runsIn).toBe("a container");
    const port = new URL(minio.url).port;
    const found = () => docker("ps", "--all", "--format", "{{.Image}} {{.Ports}}").split("\n");
    expect(found().filter((line) => line.includes(`:${port}->`))).toEqual([expect.stringMatching(/^local\/minio:1 /)]);
    // Nothing else was started to watch over it.
    expect(found().join("\n")).not.toContain("ryuk");
    expect(await putAndGet(minio)).toBe("kept");
    await minio.close();
    expect(found().filter((line) => line.includes(`:${port}->`))).toEqual([]);
    expect(readFileSync(absent, "utf8")).toBe("");
  },
);

test("where the image is missing it is a process, and says so", async ({ skip }) => {
  const absent = absentFile();
  const minio = await startMinioContainer("local/no-such-image:1");
  skip(!minio, "there is no MinIO here");
  if (!minio) return;
  expect(minio.runsIn).toBe("a process");
  expect(await putAndGet(minio)).toBe("kept");
  await minio.close();
  expect(readFileSync(absent, "utf8")).toMatch(/^MinIO ran in a process and not in a container: .+\.\n$/);
});

/** Where `npm test` would collect what was absent. */
function absentFile(): string {
  const path = join(mkdtempSync(join(tmpdir(), "ursa-test-")), "absent.txt");
  writeFileSync(path, "");
  vi.stubEnv("URSA_TEST_ABSENT_FILE", path);
  return path;
}

import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { startStore } from "./start-store.ts";

test("a service's store is the one it was told, is timed, and is closed with the service", async () => {
  await using folder = await createScratchFolder();
  const timed: string[] = [];
  const closers = new Map<string, () => Promise<void>>();
  const metrics = {
    storageDuration: { observe: ({ op }: { op: string }) => void timed.push(op) },
    storageErrors: { inc() {} },
  };
  const onClose = (label: string, close: () => Promise<void>) => void closers.set(label, close);
  const store = await startStore({ URSA_STORE_URL: `file://${folder.path}` }, { metrics, onClose });
  await store.put("ns/a", "bear");
  expect((await store.get("ns/a")).body.toString()).toBe("bear");
  expect(timed).toEqual(["put", "get"]);
  expect([...closers.keys()]).toEqual(["store"]);
  await closers.get("store")?.();
});

test("keys go along to an S3 store, which is not opened without them", async () => {
  const context = { metrics: { storageDuration: { observe() {} }, storageErrors: { inc() {} } }, onClose() {} };
  const config = { URSA_STORE_URL: "s3://127.0.0.1:1/bears?tls=false" };
  await expect(startStore(config, context)).rejects.toThrow("needs an access key and a secret key");
  const keys = { URSA_STORE_ACCESS_KEY: "ursa", URSA_STORE_SECRET_KEY: "honey" };
  const refusal = await startStore({ ...config, ...keys }, context).catch((error: unknown) => String(error));
  expect(String(refusal)).not.toContain("needs an access key");
});

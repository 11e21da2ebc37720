// What a backup may not undo: a key that was revoked stays so, whatever is restored over it.
import type { ObjectStore } from "@ursa/store/object-store";
import { expect, test } from "vitest";
import { createApiKeys } from "./api-keys.ts";
import { restoreBackup, writeBackup } from "./backup.ts";
import { openScratchStore } from "./scratch-store.fixture.ts";

const wanted = { name: "ci", scopes: ["read" as const], namespace: "team" };

async function backUp(store: ObjectStore): Promise<string> {
  let text = "";
  for await (const line of writeBackup(store, "test")) text += line;
  return text;
}

test.each([false, true])("a key that was revoked after the backup stays revoked; overwrite: %s", async (overwrite) => {
  await using scratch = await openScratchStore();
  const apiKeys = createApiKeys(scratch.store);
  const { id } = await apiKeys.create(wanted);
  const backup = await backUp(scratch.store);
  const { revokedAt } = await apiKeys.revoke(id);

  const told = await restoreBackup(scratch.store, backup, { overwrite });
  expect(told).toEqual({ restored: 0, same: 0, kept: [`keys/${id}.json`] });
  expect(await apiKeys.get(id)).toMatchObject({ revokedAt });
});

test("a revocation that the store has lost comes back", async () => {
  await using scratch = await openScratchStore();
  const apiKeys = createApiKeys(scratch.store);
  const { id } = await apiKeys.create(wanted);
  const before = await scratch.store.get(`keys/${id}.json`);
  await apiKeys.revoke(id);
  const backup = await backUp(scratch.store);
  await scratch.store.put(`keys/${id}.json`, before.body);

  expect(await restoreBackup(scratch.store, backup, { overwrite: false })).toEqual({ restored: 1, same: 0, kept: [] });
  expect((await apiKeys.get(id)).revokedAt).toBeDefined();
});

// What a backup may not undo: a key that was revoked or rotated stays so, whatever is restored over it.
import type { ObjectStore } from "@ursa/store/object-store";
import { expect, test } from "vitest";
import { createApiKeys } from "./api-keys.ts";
import { type BackupLines, restoreBackup, writeBackup } from "./backup.ts";
import { openScratchStore } from "./scratch-store.fixture.ts";

const wanted = { name: "ci", scopes: ["read" as const], namespace: "team" };

async function backUp(store: ObjectStore): Promise<BackupLines> {
  const lines: string[] = [];
  for await (const line of writeBackup(store, "test")) lines.push(line.trimEnd());
  return async function* () {
    yield* lines;
  };
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

test.each([false, true])("a secret that was replaced after the backup stays so; overwrite: %s", async (overwrite) => {
  await using scratch = await openScratchStore();
  const apiKeys = createApiKeys(scratch.store);
  const { id } = await apiKeys.create(wanted);
  const backup = await backUp(scratch.store);
  await apiKeys.rotate(id, 0);
  const before = await scratch.store.head(`keys/${id}.json`);

  const told = await restoreBackup(scratch.store, backup, { overwrite });
  expect(told).toEqual({ restored: 0, same: 0, kept: [`keys/${id}.json`] });
  expect(await scratch.store.head(`keys/${id}.json`)).toEqual(before);
  // And the other way round it is what the store has lost.
  const rotated = await backUp(scratch.store);
  await using elsewhere = await openScratchStore();
  for await (const line of backup()) if (line.includes('"keys/')) await putBack(elsewhere.store, line);
  expect(await restoreBackup(elsewhere.store, rotated, { overwrite: false })).toMatchObject({ restored: 1 });
});

async function putBack(store: ObjectStore, line: string): Promise<void> {
  const { key, text } = JSON.parse(line);
  await store.put(key, text);
}

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

test.each([
  ["without its end", (lines: string[]) => lines.slice(0, -1), "cut short"],
  ["with a record twice", (lines: string[]) => lines.toSpliced(1, 0, lines[1] ?? ""), "cut short"],
  ["with a line that is no record", (lines: string[]) => lines.toSpliced(40, 0, "{}"), "Line 41 of the backup"],
  ["that is empty", () => [], "no backup of Ursa"],
])("a backup %s is refused before anything is written, however many records come first", async (_, damage, words) => {
  await using from = await openScratchStore();
  await using to = await openScratchStore();
  const apiKeys = createApiKeys(from.store);
  for (let made = 0; made < 50; made += 1) await apiKeys.create(wanted);
  const whole: string[] = [];
  for await (const line of (await backUp(from.store))()) whole.push(line);
  const lines: BackupLines = async function* () {
    yield* damage(whole);
  };
  await expect(restoreBackup(to.store, lines, { overwrite: false })).rejects.toThrow(words);
  expect(await createApiKeys(to.store).list()).toEqual([]);
});

test("a backup of more records than are written at once comes back whole", async () => {
  await using from = await openScratchStore();
  await using to = await openScratchStore();
  for (let made = 0; made < 50; made += 1) await createApiKeys(from.store).create(wanted);
  const backup = await backUp(from.store);
  expect(await restoreBackup(to.store, backup, { overwrite: false })).toEqual({ restored: 50, same: 0, kept: [] });
  expect(await createApiKeys(to.store).list()).toEqual(await createApiKeys(from.store).list());
});

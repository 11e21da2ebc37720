// Two installs at once: the second says that it waits, and comes after the first.
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test, vi } from "vitest";
import { lockInstall } from "./install-lock.ts";

test("a second install waits for the first, and can be stopped while it does", async () => {
  await using folder = await createScratchFolder();
  const signal = new AbortController().signal;
  const onWait = vi.fn();
  const first = await lockInstall(folder.path, { onWait, signal });
  expect(onWait).not.toHaveBeenCalled();

  const stop = new AbortController();
  const stopped = lockInstall(folder.path, { onWait: () => stop.abort(), signal: stop.signal });
  await expect(stopped).rejects.toMatchObject({ name: "AbortError" });

  const told = Promise.withResolvers<void>();
  const order: string[] = [];
  const second = lockInstall(folder.path, { onWait: told.resolve, signal }).then((lock) => {
    order.push("second has it");
    return lock;
  });
  await told.promise;
  order.push("first ends");
  first[Symbol.dispose]();
  (await second)[Symbol.dispose]();
  expect(order).toEqual(["first ends", "second has it"]);
});

// The folder driver among several real processes: racing for the same keys, killed at random, out of disk.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";
import { describe, expect, test } from "vitest";
import { openFolderStore } from "./folder-store.ts";
import { RACER, type Racer, startRacer } from "./start-racer.ts";

/** A small seeded generator (mulberry32), so that a failure can be repeated as far as a race can. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("processes that share a folder", () => {
  test("200 increments by each of 4 processes end at 800, none lost", async () => {
    await using folder = await createScratchFolder();
    const store = await openFolderStore({ root: folder.path });
    await store.put("counter", "0");
    const racers = Array.from({ length: 4 }, () =>
      startRacer(pathToFileURL(folder.path).href, ["increment", "counter", "200"]),
    );
    await Promise.all(racers.map(({ exited }) => exited));
    expect((await store.get("counter")).body.toString()).toBe("800");
    const acknowledged = racers.flatMap(({ lines }) => lines.map(Number)).sort((a, b) => a - b);
    expect(acknowledged).toEqual(Array.from({ length: 800 }, (_, index) => index + 1));
    await store.close();
  });

  test("of 20 processes that create the same object exactly one wins", async () => {
    await using folder = await createScratchFolder();
    const store = await openFolderStore({ root: folder.path });
    const racers = Array.from({ length: 20 }, () =>
      startRacer(pathToFileURL(folder.path).href, ["create", "deep/er/once"]),
    );
    await Promise.all(racers.map(({ exited }) => exited));
    const winners = racers.flatMap(({ lines }) => lines);
    expect(winners).toHaveLength(1);
    expect((await store.get("deep/er/once")).body.toString()).toBe(winners[0]);
    expect(await readdir(join(folder.path, "deep/er"))).toEqual(["once"]);
    await store.close();
  });

  test("a writer that may not write more says so, and leaves nothing behind", async () => {
    await using folder = await createScratchFolder();
    // A file size limit (64 blocks of 512 or 1024 bytes) stops a write half way, as a full disk does, without root's help.
    const command = `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`;
    const child = spawn("sh", ["-c", command, process.execPath, RACER, pathToFileURL(folder.path).href, "fill", "big"]);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await once(child, "close");
    expect(output.trim().split("\n")).toEqual(["ready", "StoreUnavailable EFBIG", "small ones still fit"]);
    expect((await readdir(folder.path)).sort()).toEqual(["small", "~locks"]);
  });

  test("writers that are killed at random lose no acknowledged update and leave nothing locked", async () => {
    const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
    const random = randomFrom(seed);
    await using folder = await createScratchFolder();
    const store = await openFolderStore({ root: folder.path });
    await store.put("counter", "0");
    const kills = 25;
    const everyone: Racer[] = [];
    const start = () => {
      const racer = startRacer(pathToFileURL(folder.path).href, ["increment", "counter", "1000000"]);
      everyone.push(racer);
      return racer;
    };
    const alive = [start(), start(), start()];
    for (let killed = 0; killed < kills; killed++) {
      const victim = Math.floor(random() * alive.length);
      await waitUntil(() => (alive[victim]?.lines.length ?? 0) > 0, { what: "a racer to be racing" });
      await delay(random() * 20); // any moment of a write is as good as another
      alive[victim]?.child.kill("SIGKILL");
      alive[victim] = start();
    }
    for (const { child } of alive) child.kill("SIGKILL");
    await Promise.all(everyone.map(({ exited }) => exited));

    const acknowledged = everyone.flatMap(({ lines }) => lines.map(Number));
    const { body, info } = await store.get("counter");
    const counted = Number(body.toString());
    const conditions = `CHAOS_SEED=${seed}, ${acknowledged.length} acknowledged, counter at ${counted}`;
    expect(acknowledged.length, conditions).toBeGreaterThan(0);
    expect(new Set(acknowledged).size, conditions).toBe(acknowledged.length);
    expect(counted, conditions).toBeGreaterThanOrEqual(acknowledged.length);
    // Each killed process may have written once more than it could tell.
    expect(counted, conditions).toBeLessThanOrEqual(acknowledged.length + everyone.length);
    const before = performance.now();
    await store.put("counter", "free", { ifMatch: info.etag });
    expect(performance.now() - before, conditions).toBeLessThan(2000);
    await store.close();
  });
});

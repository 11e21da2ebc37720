import { execFileSync, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { htmlBytes, jpegWithZip, pixelBombPng, svgBytes, truncatedJpeg } from "@ursa/testing/hostile-pictures";
import { drawBear } from "@ursa/testing/pictures";
import { waitUntil } from "@ursa/testing/wait-until";
import sharp from "sharp";
import { describe, expect, test } from "vitest";

import { type DecoderPool, startDecoderPool } from "./decoder-pool.ts";
import { ImageRefused } from "./image-refused.ts";
import { rasterise, rasteriseFlat } from "./rasterise.ts";

const bear = await drawBear("black", 1);

// 12 megapixels of noise in a JPEG that has to be held whole: half a second and 150 MB.
const raw = { width: 4000, height: 3000, channels: 3 } as const;
const slowPicture = await sharp(randomBytes(raw.width * raw.height * 3), { raw })
  .jpeg({ progressive: true, quality: 60, chromaSubsampling: "4:4:4" })
  .toBuffer();

describe("a pool", () => {
  test("inspects, views, augments and shrinks", async () => {
    await using pool = startDecoderPool({ processes: 2 });
    const inspection = await pool.inspect(bear, { preparedShortSide: 288 });
    if (!inspection.ok) return expect.unreachable(inspection.reason);
    expect(inspection).toMatchObject({ format: "jpeg", perceptualHash: expect.stringMatching(/^[0-9a-f]{16}$/) });

    const prepared = inspection.prepared ?? new Uint8Array();
    expect((await pool.view(bear, 96)).length).toBe(96 * 96 * 3);
    const augmentation = {
      ...{ flip: true, flipVertical: false, transpose: false },
      ...{ rotateDegrees: 5, zoom: 1.1, zoomRow: 0.2, zoomColumn: 0.8, brightness: 0.1, contrast: 1.1 },
      ...{ warp: [0.1, 0, -0.1, 0.2] as [number, number, number, number], cropRow: 0, cropColumn: 1 },
    };
    const views = await pool.augment(prepared, 96, [augmentation, { ...augmentation, flip: false }]);
    expect(views.map(({ length }) => length)).toEqual([96 * 96 * 3, 96 * 96 * 3]);
    expect(Buffer.compare(...(views as [Uint8Array, Uint8Array]))).not.toBe(0); // Two were asked for.
    const { width, height } = await sharp(await pool.thumbnail(bear, 120)).metadata();
    expect(Math.max(width, height)).toBe(120);
  });

  test("refuses what is no sound picture, and goes on", async () => {
    await using pool = startDecoderPool({ processes: 1 });
    const refusals: [Uint8Array, string][] = [
      [htmlBytes(), "not_an_image"],
      [new Uint8Array(), "not_an_image"],
      [svgBytes(), "unsupported_format"],
      [
        await rasterise("<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'/>", { format: "tiff" }),
        "unsupported_format",
      ],
      [
        await rasterise("<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'/>", { format: "avif" }),
        "unsupported_format",
      ],
      [await truncatedJpeg(), "corrupt_image"],
      [pixelBombPng(), "too_many_pixels"],
      [await rasteriseFlat(10, 10), "too_small"],
    ];
    for (const [bytes, outcome] of refusals)
      expect(await pool.inspect(bytes, {})).toMatchObject({ ok: false, outcome });
    await expect(pool.view(await truncatedJpeg(), 64)).rejects.toBeInstanceOf(ImageRefused);
    expect(await pool.inspect(await jpegWithZip(), {})).toMatchObject({ ok: true });
    expect(pool.stats()).toEqual({ processes: 1, busy: 0, waiting: 0, restarts: 0 });
  });

  test("decodes as many at once as it has processes, and the rest in turn", async () => {
    await using pool = startDecoderPool({ processes: 2 });
    const views = Promise.all(Array.from({ length: 200 }, () => pool.view(bear, 64)));
    const isFull = () => pool.stats().busy === 2 && pool.stats().waiting > 0;
    await waitUntil(isFull, { what: "both decoders to be busy", intervalMs: 1 });
    expect(new Set((await views).map((view) => view.length))).toEqual(new Set([64 * 64 * 3]));
    expect(pool.stats()).toMatchObject({ busy: 0, waiting: 0 });
  });

  test("lets go of a task whose caller gave up, waiting or running", async () => {
    await using pool = await startStopped();
    const reason = new Error("no longer wanted");
    const running = new AbortController();
    const waiting = new AbortController();
    const first = expect(pool.view(bear, 64, running.signal)).rejects.toBe(reason);
    const second = expect(pool.view(bear, 64, waiting.signal)).rejects.toBe(reason);
    waiting.abort(reason);
    running.abort(reason);
    await Promise.all([first, second]);
    expect(pool.stats()).toMatchObject({ busy: 1, waiting: 0 });
    await expect(pool.view(bear, 64, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test("rejects everything when it closes, and leaves no process behind", async () => {
    const pool = await startStopped();
    const results = Promise.allSettled([pool.view(bear, 64), pool.view(bear, 64)]);
    await pool.close();
    for (const result of await results)
      expect(result).toMatchObject({ reason: { message: expect.stringContaining("closed") } });
    await expect(pool.view(bear, 64)).rejects.toThrow("closed");
    expect(decoderPids()).toEqual([]);
  });
});

describe("a decoder that dies", () => {
  test.each(["SIGKILL", "SIGSEGV"] as const)("of %s once costs nothing but time", async (signal) => {
    await using pool = await startStopped();
    const view = pool.view(bear, 64);
    signalDecoders(signal);
    // A stopped process takes a fault when it goes on.
    signalDecoders("SIGCONT");
    expect((await view).length).toBe(64 * 64 * 3);
    expect(pool.stats()).toMatchObject({ processes: 1, restarts: 1 });
  });

  test("twice of the same picture costs that picture, and the next one is decoded", async () => {
    await using pool = await startReady();
    const hostile = pool.inspect(slowPicture, {});
    const next = pool.inspect(bear, {});
    for (const restarts of [0, 1]) {
      const hasIt = () => pool.stats().busy === 1 && pool.stats().restarts === restarts;
      await waitUntil(hasIt, { what: `decoder ${restarts + 1} to have the picture` });
      signalDecoders("SIGKILL");
    }
    expect(await hostile).toMatchObject({ outcome: "decoder_crashed", reason: expect.stringContaining("SIGKILL") });
    expect(await next).toMatchObject({ ok: true });
  });

  test("while it waits is replaced before it is missed", async () => {
    await using pool = await startReady();
    signalDecoders("SIGKILL");
    await waitUntil(() => pool.stats().restarts === 1 && pool.stats().processes === 1, { what: "a replacement" });
    expect((await pool.view(bear, 64)).length).toBe(64 * 64 * 3);
  });

  test("answers in time, while this thread is busy: the answer counts", async () => {
    await using pool = await startReady({ timeoutMs: 500 });
    const view = pool.view(bear, 224);
    // The task is sent; then nothing is read for longer than the limit.
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    expect((await view).length).toBe(224 * 224 * 3);
    expect(pool.stats().restarts).toBe(0);
  });

  test("takes too long: the picture ends as a timeout and the decoder is replaced", async () => {
    await using pool = await startStopped({ timeoutMs: 300 });
    expect(await pool.inspect(bear, {})).toMatchObject({ ok: false, outcome: "timeout" });
    expect((await pool.view(bear, 64)).length).toBe(64 * 64 * 3);
    expect(pool.stats()).toMatchObject({ restarts: 1 });
  });

  test("needs more memory than it may have", async () => {
    await using pool = startDecoderPool({ processes: 1, maxMemoryMb: 140 });
    expect(await pool.inspect(slowPicture, {})).toMatchObject({
      outcome: "decoder_crashed",
      reason: expect.stringContaining("needed more than 140 MB"),
    });
    expect(await pool.inspect(bear, {})).toMatchObject({ ok: true });
  });

  test("goes with its parent, however that ends", async () => {
    const parent = fork(new URL("./fixtures/start-pool.ts", import.meta.url), { execArgv: [] });
    await once(parent, "message");
    const pids = decoderPids(parent.pid);
    expect(pids).toHaveLength(2);
    parent.kill("SIGKILL");
    await waitUntil(() => pids.every((pid) => !isAlive(pid)), { what: "orphaned decoders to end" });
  });
});

// 282 photographs from the web, where the project is developed; nobody else has them.
const photographs = new URL("../../../../shared/data/bears/", import.meta.url).pathname;

test.skipIf(!existsSync(photographs))(
  "every real photograph is sound (skipped without ../shared/data/bears)",
  async () => {
    await using pool = startDecoderPool({ processes: 2 });
    const paths = readdirSync(photographs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const inspections = await Promise.all(
      paths.map(async ({ parentPath, name }) => {
        const inspection = await pool.inspect(readFileSync(join(parentPath, name)), { preparedShortSide: 288 });
        return { name, ...inspection };
      }),
    );
    expect(inspections.filter(({ ok }) => !ok)).toEqual([]);
    expect(inspections).toHaveLength(282);
    expect(new Set(inspections.map((found) => found.ok && found.perceptualHash)).size).toBe(282);
  },
);

async function startReady(options: { timeoutMs?: number } = {}): Promise<DecoderPool> {
  const pool = startDecoderPool({ processes: 1, ...options });
  // Which also says that none of an earlier test is left.
  await pool.view(bear, 64);
  expect(decoderPids()).toHaveLength(1);
  return pool;
}

/** With a decoder that has started and stands still, so that a task in it stays in it. */
async function startStopped(options: { timeoutMs?: number } = {}): Promise<DecoderPool> {
  const pool = await startReady(options);
  signalDecoders("SIGSTOP");
  return pool;
}

function signalDecoders(signal: NodeJS.Signals): void {
  for (const pid of decoderPids()) process.kill(pid, signal);
}

function decoderPids(parent = process.pid): number[] {
  const processes = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,command="], { encoding: "utf8" }).split("\n");
  return processes
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+.*\bdecoder\.ts\b/.exec(line) ?? [])
    .filter(([, , ppid, state]) => Number(ppid) === parent && !state?.startsWith("Z"))
    .map(([, pid]) => Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

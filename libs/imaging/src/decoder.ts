// The decoder process: reads one task at a time from its pool, decodes, answers. It may die of a picture; nothing else does.
import { writeFileSync } from "node:fs";
import { inspect } from "node:util";

import { drawContactSheet } from "./contact-sheet.ts";
import { decodePicture } from "./decode-picture.ts";
import type { DecoderReply, DecoderResult, DecoderTask } from "./decoder-messages.ts";
import { encodeJpeg } from "./encode-jpeg.ts";
import { ImageRefused } from "./image-refused.ts";
import { inspectPicture } from "./inspect-picture.ts";
import { measurePicture } from "./measure-picture.ts";
import { restrictSharp } from "./restrict-sharp.ts";
import { ttaViews } from "./tta-views.ts";
import { augmentPicture, viewPicture } from "./view-picture.ts";

const [maxPixels, maxMemoryMb] = process.argv.slice(2).map(Number) as [number, number]; // Written by decoder-process.ts.
// Good enough for a list of pictures, small enough for a page of a hundred.
const THUMBNAIL_QUALITY = 80;

restrictSharp();
volunteerForTheOomKiller();
watchMemory();
// The channel closes when the pool closes it or its process dies; a decoder never outlives either.
process.on("disconnect", die);
process.on("message", async (task) => answer(await reply(task as DecoderTask))); // Typed at the only sender.
answer({ kind: "ready" });

async function reply(task: DecoderTask): Promise<DecoderReply> {
  try {
    return { kind: "done", result: await decode(task), isWornOut: isWornOut() };
  } catch (error) {
    if (!(error instanceof ImageRefused)) return { kind: "failed", message: inspect(error), isWornOut: true };
    return { kind: "refused", outcome: error.outcome, reason: error.reason, isWornOut: isWornOut() };
  }
}

function isWornOut(): boolean {
  return process.memoryUsage.rss() > (maxMemoryMb * 2 ** 20) / 2;
}

async function decode(task: DecoderTask): Promise<DecoderResult> {
  switch (task.kind) {
    case "inspect":
      return await inspectPicture(task.bytes, task.preparedShortSide, maxPixels);
    case "view":
      return await viewPicture(task.bytes, task.size, maxPixels);
    case "ttaViews":
      return await ttaViews(task.bytes, task.size, maxPixels);
    case "augment":
      return await augmentPicture(task.bytes, task.size, { augmentations: task.augmentations, maxPixels });
    case "measure":
      return await measurePicture(task.bytes, maxPixels);
    case "contactSheet":
      return await drawContactSheet(task);
    case "thumbnail": {
      const scale = { side: "long", pixels: task.longSide, mayEnlarge: false } as const;
      return await encodeJpeg(await decodePicture(task.bytes, scale, maxPixels), THUMBNAIL_QUALITY);
    }
  }
}

function answer(message: DecoderReply, then: () => void = () => {}): void {
  // The callback also takes the error of a pool that went away meanwhile; "disconnect" ends this process.
  if (process.connected) process.send?.(message, undefined, undefined, then);
}

// Codecs allocate outside V8, where --max-old-space-size does not see it. They run on libuv's threads, so this timer fires.
function watchMemory(): void {
  setInterval(() => {
    if (process.memoryUsage.rss() > maxMemoryMb * 2 ** 20) answer({ kind: "out_of_memory" }, die);
  }, 50).unref();
}

// Not process.exit(): that waits for the thread that is decoding, which may be what goes on for ever.
function die(): void {
  process.kill(process.pid, "SIGKILL");
}

// When the whole container runs out of memory, a decoder should go first and the service last.
function volunteerForTheOomKiller(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // Not Linux, or not allowed: the limit above still holds.
  }
}

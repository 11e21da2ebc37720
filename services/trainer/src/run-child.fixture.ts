// A child that misbehaves on request; the last part of `workDir` says how.
import { basename } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { EpochRow } from "@ursa/contracts/model";
import { connectParent, type ParentLink } from "./parent-link.ts";

const EPOCH: EpochRow = {
  ...{ stage: "stage-1", epoch: 1, learningRate: 0.003, seconds: 1 },
  ...{ trainLoss: 1, trainLossEval: 1, validLoss: 1, validCount: 1 },
  ...{ wrong: 0, errorRate: 0, errorRateLow: 0, errorRateHigh: 1 },
};

const behaviours: Record<string, (link: ParentLink) => Promise<void>> = {
  async obeys(link) {
    for (let done = 1; !link.signal.aborted; done++) {
      await link.tell({ type: "progress", progress: { phase: "train", done, total: 1000 } });
      await wait(20);
    }
  },
  async finishes(link) {
    await link.tell({ type: "log", message: "one" });
    await link.tell({ type: "log", message: "two" });
  },
  async commits(link) {
    const checkpoint = { stage: "stage-1", epoch: 1, fence: 1, key: "k", sha256: "0".repeat(64) } as const;
    await link.tell({ type: "epoch", row: EPOCH, checkpoint, trainCount: 1 });
    await link.tell({ type: "log", message: "after the commit" });
  },
  async hangs() {
    for (;;);
  },
  async stands() {
    await new Promise(() => {});
  },
  async dies() {
    process.kill(process.pid, "SIGKILL");
    await wait(10_000);
  },
  async leaks(link) {
    const kept: Buffer[] = [];
    for (;;) {
      kept.push(Buffer.alloc(20 * 2 ** 20, 1));
      await link.tell({ type: "log", message: `${kept.length}` });
      await wait(10);
    }
  },
  async ignores(link) {
    for (;;) {
      await link.tell({ type: "log", message: "still here" });
      await wait(20);
    }
  },
  async babbles() {
    process.send?.({ number: 1, message: { type: "nonsense" } });
    await wait(10_000);
  },
};

const link = await connectParent();
await link.tell({ type: "log", message: `pid ${process.pid}` });
await behaviours[basename(link.start.workDir)]?.(link);
link.close();

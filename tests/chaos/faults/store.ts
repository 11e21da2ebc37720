// F11 and F13: a store that refuses at random, and one that breaks off or keeps only a part of what it was sent.
import { createHash } from "node:crypto";
import type { S3Stub } from "@ursa/testing/s3-stub";
import { type Fault, promise } from "../fault.ts";
import { lookAround, lookAtDataset, lookAtPrediction } from "../last-look.ts";
import { create, endOf, modelBody, predictionBody, RECIPE, read } from "../work.ts";
import type { World } from "../world.ts";
import { compare, readyDataset } from "./killed-workers.ts";

/** One stage: these faults are about what is written, and every kind of write is in it. */
export const ONE_STAGE = { ...RECIPE, phases: ["stage-1"], stage1: { epochs: 3, batchSize: 4 } };

export function stubOf({ s3 }: World): S3Stub {
  if (!s3) throw new Error("This fault needs the S3 stub.");
  return s3;
}

const refusingStore: Fault = {
  id: "F11",
  title: "the store refuses three requests of ten, with 500 or 503 SlowDown",
  promise: "everything ends as it should, only later, and the model is that of a store in good health",
  world: { store: "stub" },
  async run(world) {
    await world.start();
    const { faults } = stubOf(world);
    const seed = Math.floor(world.random.between(0, 1e6));
    world.history.add({ type: "fault", what: "the store begins to refuse three requests of ten" });
    faults.add({ kind: "status", status: 503, code: "SlowDown", share: 0.15, seed });
    // Of those that were let pass.
    faults.add({ kind: "status", status: 500, code: "InternalError", share: 0.176, seed });
    const dataset = await readyDataset(world);
    const model = await create(world, "models", modelBody(dataset, ONE_STAGE));
    const ended = [await endOf(world, "models", model)];
    const prediction = await create(world, "predictions", predictionBody(model, world.lists));
    ended.push(await endOf(world, "predictions", prediction));
    const { struck } = faults;
    faults.clear();
    world.history.add({ type: "healed", what: `the store refused ${struck} requests` });
    promise(world, "the store did refuse", struck > 50, `${struck} refused`);
    promise(
      world,
      "nothing fails of it",
      ended.every((state) => state === "ready"),
      ended,
    );
    await sameAsCalm(world, { id: model, dataset });
    await lookAtDataset(world, dataset);
    await lookAtPrediction(world, prediction);
    wholeObjects(world);
    await lookAround(world);
  },
};

/** Trains the same again in peace. */
export async function sameAsCalm(world: World, { id, dataset }: { id: string; dataset: string }): Promise<void> {
  const calm = await create(world, "models", modelBody(dataset, ONE_STAGE));
  await endOf(world, "models", calm);
  await compare(world, { id, calm, kills: 0 });
}

/** What lies in the bucket is what its writer wanted to store: each has its sha256 beside it. */
function wholeObjects(world: World): void {
  const objects = [...(stubOf(world).buckets.get("ursa")?.objects ?? [])];
  const damaged = objects.flatMap(([key, { bytes, headers }]) => {
    const wanted = headers["x-amz-meta-sha256"];
    return wanted && createHash("sha256").update(bytes).digest("hex") !== wanted ? [key] : [];
  });
  promise(world, `all of ${objects.length} objects are whole`, objects.length > 0 && damaged.length === 0, damaged);
}

/** Every kind of object that others see. Of each, one write is broken off, and the next is kept in part. */
const WRITTEN = ["/images/", "/shards/", "/parts/", "/manifest-", "/checkpoints/", "/stage-1/", "/records/"];
/** And what of it is read. */
const READ = ["/plan/", "/parts/", "/shards/", "/records/", "/manifest-"];

const cuttingStore: Fault = {
  id: "F13",
  title: "the store cuts writes and reads after some bytes, and a broken proxy keeps half of what it was sent",
  promise: "no short object remains or is read: what was stored is compared with what was sent, and sent again",
  world: { store: "stub" },
  async run(world) {
    const { random, history } = world;
    await world.start(["api", "downloader", "trainer"]);
    const { faults } = stubOf(world);
    const bytes = () => Math.floor(random.between(1, 200));
    for (const keyPart of WRITTEN) {
      faults.add({ kind: "cut-after-bytes", bytes: bytes(), match: { method: "PUT", keyPart } });
      faults.add({ kind: "store-partial", bytes: bytes(), match: { method: "PUT", keyPart }, times: 2 });
    }
    for (const keyPart of READ)
      faults.add({ kind: "cut-after-bytes", bytes: bytes(), match: { method: "GET", keyPart }, times: 2 });
    history.add({ type: "fault", what: "connections to the store break, and a proxy keeps half" });
    const dataset = await readyDataset(world);
    const model = await create(world, "models", modelBody(dataset, ONE_STAGE));
    const state = await endOf(world, "models", model);
    const { struck } = faults;
    const wanted = WRITTEN.length * 3 + READ.length * 2;
    history.add({ type: "healed", what: `${struck} requests were broken` });
    // What is seldom read may not come to its second.
    promise(
      world,
      "all kinds of writes and reads were broken",
      struck > wanted - READ.length,
      `${struck} of ${wanted}`,
    );
    faults.clear();
    const isReady = (await read(world, "datasets", dataset))?.state === "ready" && state === "ready";
    promise(world, "dataset and model are ready", isReady, state);
    wholeObjects(world);
    await sameAsCalm(world, { id: model, dataset });
    await lookAtDataset(world, dataset);
    await lookAround(world);
  },
};

export const brokenStore: Fault[] = [refusingStore, cuttingStore];

// Kills each kind of container while the main job is at the work that needs it, and shows that it was.
import type { Client } from "@ursa/contracts/client";
import { isFinal, type RecordState } from "@ursa/contracts/record";
import { drawBear } from "@ursa/testing/pictures";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect } from "vitest";
import type { ComposeHost } from "./compose-host.ts";

type Known = { state: RecordState; updatedAt: string } | undefined;
type Moment = {
  service: string;
  isNow: () => Promise<boolean>;
  /** Whose work is interrupted. */
  record: () => Promise<Known>;
  /** Begun when the container is gone, and only to be had when it is back. */
  meanwhile?: () => Promise<unknown>;
};

/**
 * One after another, each started again at once. The records are the newest, which the main job makes.
 * @returns the services whose containers were killed
 * @throws Error where one came too late, which would prove nothing
 */
export async function killEach(host: ComposeHost, client: Client): Promise<string[]> {
  const all = await moments(client);
  for (const { service, isNow, record, meanwhile } of all) {
    await waitUntil(isNow, { what: `the moment to kill ${service}`, timeoutMs: 300_000, intervalMs: 100 });
    await host.compose("kill", "--signal", "SIGKILL", service);
    const killedAt = Date.now();
    await Promise.all([host.compose("start", service), meanwhile?.()]);
    const seen = await record();
    expect(wasOver(seen, killedAt), `${service} was killed after the end: ${JSON.stringify(seen)}`).toBe(false);
  }
  return all.map(({ service }) => service);
}

/** A record changes for the last time when it ends. */
const wasOver = (record: Known, killedAt: number) =>
  record !== undefined && isFinal(record.state) && Date.parse(record.updatedAt) <= killedAt;

async function moments(client: Client): Promise<Moment[]> {
  const dataset = async () => {
    const [newest] = (await client.call("listDatasets", {})).items;
    return newest && client.call("getDataset", { params: { id: newest.id } });
  };
  const model = async () => {
    const [newest] = (await client.call("listModels", {})).items;
    return newest && client.call("getModel", { params: { id: newest.id } });
  };
  const prediction = async () => (await client.call("listPredictions", {})).items[0];
  const isFetching = async () => hasDone(await dataset(), 10);
  // What the killed downloader had is another's when its locks have run out, half a minute later: time for the three others.
  const whileFetching = (service: string) => ({ service, isNow: isFetching, record: dataset });
  const picture = new Uint8Array(await drawBear("teddy", 1));
  const classify = async () => {
    const { id = "" } = (await model()) ?? {};
    await client.call("classify", { query: { model: id }, body: picture });
  };
  return [
    ...["downloader", "api", "minio", "redis"].map(whileFetching),
    // The quick recipe computes features for most of its time.
    { service: "trainer", isNow: async () => hasDone(await model(), 0), record: model },
    {
      service: "inferer",
      isNow: async () => isFinal((await model())?.state ?? "queued"),
      record: prediction,
      meanwhile: classify,
    },
    { service: "inferer-batch", isNow: async () => (await prediction()) !== undefined, record: prediction },
  ];
}

type Live = { state: RecordState; progress?: { done: number } | undefined } | undefined;

/** More than so many pictures, or all there is to do: that it is too late is found afterwards. */
const hasDone = (record: Live, few: number) =>
  record !== undefined && ((record.progress?.done ?? 0) > few || isFinal(record.state));

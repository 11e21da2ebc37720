// Several datasets at once, so that a fault meets some that wait, one in work and one that has ended.
import { isProcessAlive } from "@ursa/testing/is-process-alive";
import { waitUntil } from "@ursa/testing/wait-until";
import { promise } from "./fault.ts";
import { lookAround, lookAtDataset } from "./last-look.ts";
import { create, datasetBody, endOf, read } from "./work.ts";
import type { World } from "./world.ts";

/** @returns their ids, in the order in which their jobs run */
export async function createDatasets(world: World, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await create(world, "datasets", datasetBody(world.lists)));
  return ids;
}

/** Until so many pictures were asked for since the world began. */
export async function asked({ gallery }: World, pictures: number): Promise<void> {
  await waitUntil(() => gallery.hits.length >= pictures, {
    what: `${pictures} pictures to be asked for`,
    timeoutMs: 60_000,
  });
}

/** Waits until each has ended; meanwhile an operator asks the reconciler, which looks by itself every thirty seconds. */
export async function endsReconciled(world: World, ids: readonly string[]): Promise<void> {
  const ask = () =>
    fetch(`${world.apiUrl}/v1/operations/reconcile`, { method: "POST" }).then((answer) => answer.text());
  const asking = setInterval(() => void ask().catch(() => {}), 2000);
  try {
    await ends(world, ids);
  } finally {
    clearInterval(asking);
  }
}

export async function ends(world: World, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => endOf(world, "datasets", id)));
}

/** Promises that no record needed another job than its first. */
export async function promiseFirstJobs(world: World, ids: readonly string[]): Promise<void> {
  const counts = await Promise.all(ids.map(async (id) => (await read(world, "datasets", id))?.enqueued));
  promise(
    world,
    "each job that Redis had taken ended its record",
    counts.every((count) => count === 1),
    counts,
  );
}

/** Promises that the processes that run are those that ran, and that none met an error that nobody caught. */
export function promiseSameProcesses(world: World, before: ReadonlyMap<string, number>): void {
  const now = pidsOf(world);
  const isSame = [...before].every(([name, pid]) => now.get(name) === pid && isProcessAlive(pid));
  const lines = [...world.services.values()].flatMap((service) => service.lines);
  const uncaught = lines.filter(({ msg }) => /uncaught|unhandled/.test(String(msg)));
  promise(world, "nobody had to be started again", isSame && uncaught.length === 0, { pids: [...now], uncaught });
}

export const pidsOf = ({ services }: World): Map<string, number> =>
  new Map([...services].map(([name, { pid }]) => [name, pid]));

export async function lookAtAll(world: World, ids: readonly string[]): Promise<void> {
  for (const id of ids) await lookAtDataset(world, id);
  await lookAround(world);
}

/** Tells a reader's view of a record's states, as they come, until it has ended. */
export async function followDataset({ client, history }: World, id: string, reader: string): Promise<void> {
  for await (const { id: event = "the end", data } of await client.call("datasetEvents", { params: { id } })) {
    if (data.type === "state") history.add({ type: "told", id, event, state: data.state, reader });
  }
}

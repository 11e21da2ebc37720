// The first shards of a long list are fetched while the rest of it is read: whoever waits sees the first pictures after a second, not after all
// of a million URLs are planned.
import type { Dependencies } from "./dependencies.ts";

type Owner = { namespace: string; id: string };

/**
 * Plans with a function that begins what is written of a dataset's plan. It never rejects: what is not begun early is fetched with the rest.
 * Where planning fails, what was begun is taken back.
 */
export async function withHeadStart<T>(
  { producer, log }: Pick<Dependencies, "producer" | "log">,
  owner: Owner,
  plan: (begin: () => Promise<void>) => Promise<T>,
): Promise<T> {
  let hasBegun = false;
  const begin = async () => {
    hasBegun = true;
    await producer
      .beginDataset(owner)
      .catch((error) => log.info({ err: error, id: owner.id }, "nothing is fetched before the whole list is read"));
  };
  try {
    return await plan(begin);
  } catch (error) {
    // What is left finds no record, and ends by itself after a while.
    if (hasBegun) await producer.takeBackDataset(owner).catch(() => {});
    throw error;
  }
}

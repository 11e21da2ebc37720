// A dataset until it has ended, and then what became of it.
import type { Session } from "./connect.ts";
import { describeDataset } from "./describe-dataset.ts";
import { follow } from "./follow.ts";

/** @throws Failure when it ended failed or cancelled: a failed dataset is looked at even more closely, so it is shown first */
export async function followDataset(session: Session, id: string): Promise<void> {
  try {
    await follow(session, "dataset", id);
  } finally {
    await showDataset(session, id);
  }
}

export async function showDataset({ client, print }: Session, id: string): Promise<void> {
  const dataset = await client.call("getDataset", { params: { id } });
  print.answer(dataset, describeDataset(dataset));
}

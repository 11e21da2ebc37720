// How a job ended, by its events.
type Told = { data: { type: string; state?: string } };

/** @throws Error when it did not end ready */
export async function untilReady(events: AsyncIterable<Told>, id: string): Promise<void> {
  const end = await endOf(events, id);
  if (end.data.state !== "ready") throw new Error(`${id} ${end.data.state}: ${JSON.stringify(end.data)}`);
}

export async function endOf(events: AsyncIterable<Told>, id: string): Promise<Told> {
  for await (const event of events) {
    const { type, state } = event.data;
    if (type === "state" && state !== "running" && state !== "queued") return event;
  }
  throw new Error(`The events of ${id} ended before it did.`);
}

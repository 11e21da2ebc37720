// Pictures fetched with the person's key, as addresses an <img> can show. Bounded: the oldest are let go of.
import type { Client } from "@ursa/contracts/client";

/** Several screens of a grid; at some 10 kB each a few megabytes. */
const MAX_KEPT = 600;
/** Browsers open six connections to a host; the rest of the page wants some of them. */
const MAX_AT_ONCE = 4;

export type Picture = { dataset: string; key: string; size: number };
export type PictureCache = {
  /** An address that holds until MAX_KEPT others were asked for. Throws what the API refuses with. */
  load(picture: Picture, signal: AbortSignal): Promise<string>;
  known(picture: Picture): string | undefined;
};

export function createPictureCache(client: Client): PictureCache {
  const kept = new Map<string, string>();
  const waiting: (() => void)[] = [];
  let underWay = 0;
  const keep = (name: string, address: string) => {
    kept.set(name, address);
    const [oldest] = kept;
    if (kept.size <= MAX_KEPT || !oldest) return;
    kept.delete(oldest[0]);
    URL.revokeObjectURL(oldest[1]);
  };
  const fetchOne = async ({ dataset: id, key, size }: Picture, signal: AbortSignal) => {
    if (underWay >= MAX_AT_ONCE) await new Promise<void>((go) => waiting.push(go));
    underWay += 1;
    try {
      // Scrolled past while it waited.
      signal.throwIfAborted();
      const response = await client.call("getItemImage", { params: { id, key }, query: { size }, signal });
      return URL.createObjectURL(await response.blob());
    } finally {
      underWay -= 1;
      // What came last is most likely still on the screen.
      waiting.pop()?.();
    }
  };
  const nameOf = ({ dataset, key, size }: Picture) => `${dataset} ${key} ${size}`;
  const known = (picture: Picture) => {
    const name = nameOf(picture);
    const address = kept.get(name);
    if (address === undefined) return undefined;
    kept.delete(name);
    kept.set(name, address);
    return address;
  };
  return {
    known,
    async load(picture, signal) {
      const before = known(picture);
      if (before !== undefined) return before;
      const address = await fetchOne(picture, signal);
      const meanwhile = known(picture);
      if (meanwhile === undefined) keep(nameOf(picture), address);
      else URL.revokeObjectURL(address);
      return meanwhile ?? address;
    },
  };
}

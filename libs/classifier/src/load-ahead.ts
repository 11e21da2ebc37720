// Loads the next thing while the one before it is in use.

/** Each item with what `load` makes of it, in order, one loaded ahead. Throws the signal's reason, and what `load` throws. */
export async function* loadAhead<Item, Loaded>(
  items: Iterable<Item>,
  load: (item: Item) => Promise<Loaded>,
  signal: AbortSignal,
): AsyncGenerator<[Item, Loaded]> {
  const begin = (item: Item): [Item, Promise<Loaded>] => {
    const loading = load(item);
    // Met when its turn comes; if what is before it fails first, nobody is waiting for it.
    loading.catch(() => {});
    return [item, loading];
  };
  const finish = async ([item, loading]: [Item, Promise<Loaded>]): Promise<[Item, Loaded]> => {
    const loaded = await loading;
    signal.throwIfAborted();
    return [item, loaded];
  };
  let ahead: [Item, Promise<Loaded>] | undefined;
  for (const item of items) {
    const ready = ahead && (await finish(ahead));
    ahead = begin(item);
    if (ready) yield ready;
  }
  if (ahead) yield await finish(ahead);
}

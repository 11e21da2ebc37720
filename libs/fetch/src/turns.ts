// A semaphore: at most so many turns at once, first come first served. `using turn = await takeTurn()`.

export function createTurns(limit: number): () => Promise<Disposable> {
  const waiting: (() => void)[] = [];
  let taken = 0;
  const end = () => {
    const next = waiting.shift();
    if (next) next();
    else taken--;
  };
  return async () => {
    if (taken < limit) taken++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return { [Symbol.dispose]: end };
  };
}

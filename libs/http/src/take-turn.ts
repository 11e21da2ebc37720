// A thousand streams have something to say in the same moment; others must be answered meanwhile. So only some speak in each turn of the
// event loop, in the order in which they asked.

/** Some 50 µs each: a few milliseconds between two looks at the sockets. */
const AT_ONCE = 64;

const waiting: (() => void)[] = [];

/** Resolves in this turn of the event loop, or in one soon. */
export function takeTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (waiting.push(resolve) === 1) setImmediate(letIn);
  return promise;
}

function letIn(): void {
  for (const go of waiting.splice(0, AT_ONCE)) go();
  // Asked for within this turn, it runs in the next, after the sockets.
  if (waiting.length > 0) setImmediate(letIn);
}

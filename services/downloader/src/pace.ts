// Lets through four calls a second: progress is for people.

const EVERY_MS = 250;

/** Calls in between are dropped, so whoever reports must say the end themselves. `act` must not reject. */
export function pace<A extends unknown[]>(act: (...args: A) => Promise<void>): (...args: A) => void {
  let next = Number.NEGATIVE_INFINITY;
  return (...args) => {
    const now = performance.now();
    if (now < next) return;
    next = now + EVERY_MS;
    void act(...args);
  };
}

// When to start a died process again: soon after the first death, later and later when it keeps dying.

export type RestartPolicy = {
  /** @param atMs a monotonic time, such as performance.now() */
  recordDeath(atMs: number): { pauseMs: number; isCrashLoop: boolean };
};

const firstPauseMs = 1_000;
const longestPauseMs = 10_000;
const windowMs = 60_000; // a process that lived this long is healthy again
const crashLoopDeaths = 5;

/** `isCrashLoop` is true once per loop: at the fifth death within a minute. */
export function createRestartPolicy(): RestartPolicy {
  let deaths: number[] = [];
  let wasReported = false;
  return {
    recordDeath: (atMs) => {
      deaths = [...deaths.filter((earlier) => atMs - earlier < windowMs), atMs];
      const isLooping = deaths.length >= crashLoopDeaths;
      const isCrashLoop = isLooping && !wasReported;
      wasReported = isLooping;
      return { pauseMs: Math.min(firstPauseMs * 2 ** (deaths.length - 1), longestPauseMs), isCrashLoop };
    },
  };
}

// Closes what was opened, last first, so that nothing loses what it stands on.
import type { Logger } from "./logger.ts";

export type Closer = { label: string; close: () => Promise<void> };

/**
 * Empties `closers`, so that what is left in it is what has not closed yet. One that fails does not keep the others open.
 * @returns whether all closed without an error
 */
export async function closeInReverse(closers: Closer[], log: Logger): Promise<boolean> {
  let isClean = true;
  for (let closer = closers.at(-1); closer; closer = closers.at(-1)) {
    try {
      await closer.close();
    } catch (error) {
      isClean = false;
      log.error({ err: error, label: closer.label }, "closing failed");
    }
    closers.splice(closers.indexOf(closer), 1);
  }
  return isClean;
}

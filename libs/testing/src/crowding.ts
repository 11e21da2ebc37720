// How much longer things may take here than on a machine that does nothing else.
import { availableParallelism, loadavg } from "node:os";

/** Programs that wait for each core, at least 1: a bound in seconds for an idle machine is to be multiplied by it. */
export function crowding(): number {
  const [lastMinute = 0, lastFive = 0] = loadavg();
  return Math.max(1, Math.max(lastMinute, lastFive) / availableParallelism());
}

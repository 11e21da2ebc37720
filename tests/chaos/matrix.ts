// Every fault there is, in the order of the plan.
import type { Fault } from "./fault.ts";
import { busyRedis } from "./faults/busy-redis.ts";
import { crowds } from "./faults/crowds.ts";
import { damaged } from "./faults/damaged.ts";
import { deliveries } from "./faults/deliveries.ts";
import { frozenWorkers } from "./faults/frozen-workers.ts";
import { halves } from "./faults/half-written.ts";
import { killedWorkers } from "./faults/killed-workers.ts";
import { lostRedis } from "./faults/lost-redis.ts";
import { raced } from "./faults/raced-store.ts";
import { scarce } from "./faults/scarce.ts";
import { slowStores } from "./faults/slow-store.ts";
import { stops } from "./faults/stops.ts";
import { brokenStore } from "./faults/store.ts";

const numberOf = ({ id }: Fault): number => Number(id.slice(1));

const FAULTS = [
  killedWorkers,
  frozenWorkers,
  lostRedis,
  busyRedis,
  brokenStore,
  slowStores,
  raced,
  scarce,
  deliveries,
  damaged,
  halves,
  stops,
  crowds,
];

export const MATRIX: readonly Fault[] = FAULTS.flat().sort((one, other) => numberOf(one) - numberOf(other));

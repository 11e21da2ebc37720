// Every fault there is, in the order of the plan.
import type { Fault } from "./fault.ts";
import { crowds } from "./faults/crowds.ts";
import { deliveries } from "./faults/deliveries.ts";
import { killedWorkers } from "./faults/killed-workers.ts";
import { stops } from "./faults/stops.ts";

const numberOf = ({ id }: Fault): number => Number(id.slice(1));

export const MATRIX: readonly Fault[] = [...killedWorkers, ...deliveries, ...stops, ...crowds].sort(
  (one, other) => numberOf(one) - numberOf(other),
);

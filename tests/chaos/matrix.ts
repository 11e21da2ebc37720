// Every fault there is, in the order of the plan.
import type { Fault } from "./fault.ts";
import { killedWorkers } from "./faults/killed-workers.ts";

const numberOf = ({ id }: Fault): number => Number(id.slice(1));

export const MATRIX: readonly Fault[] = [...killedWorkers].sort((one, other) => numberOf(one) - numberOf(other));

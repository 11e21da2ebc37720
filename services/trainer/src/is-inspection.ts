// The two kinds of jobs on the `train` queue are told apart by the record's id.
import { ID_PREFIX } from "@ursa/contracts/ids";

export const isInspection = ({ id }: { id: string }): boolean => id.startsWith(`${ID_PREFIX.inspection}_`);

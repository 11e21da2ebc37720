// The kinds of jobs on the `train` queue are told apart by the record's id.
import { ID_PREFIX } from "@ursa/contracts/ids";

const OTHERS = ["inspection", "regression"] as const;

export const kindOf = ({ id }: { id: string }): "model" | (typeof OTHERS)[number] =>
  OTHERS.find((kind) => id.startsWith(`${ID_PREFIX[kind]}_`)) ?? "model";

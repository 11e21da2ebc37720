// What a kernel of the recording backend is: a function from symbolic values to a symbolic value.
import type { SymbolicValue } from "../symbol.ts";

export type Kernel = {
  name: string;
  run(inputs: Record<string, SymbolicValue>, attributes: unknown): SymbolicValue | SymbolicValue[];
};

/** Declares the kernel for tfjs operation `name`, with the names of its inputs and the type of its attributes. */
export function kernel<Input extends string, Attributes = unknown>(
  name: string,
  run: (inputs: Record<Input, SymbolicValue>, attributes: Attributes) => SymbolicValue | SymbolicValue[],
): Kernel {
  // tfjs itself builds inputs and attributes for this kernel name; their types are those it publishes.
  return { name, run: run as Kernel["run"] };
}

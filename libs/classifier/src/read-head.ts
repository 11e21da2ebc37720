// The head out of an exported weights.safetensors, to go on with.
import { readSafetensors, type StoredTensor } from "@ursa/tensor/safetensors";
import { splitNetwork } from "./measure-network.ts";

/** Parameters and running statistics of the head. Throws when the bytes are no safetensors file. */
export const readHead = (bytes: Uint8Array): Map<string, StoredTensor> =>
  splitNetwork(readSafetensors(bytes).tensors).head;

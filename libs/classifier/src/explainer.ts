// explain.onnx at work: which places of a view speak for a class. Like predict.ts it imports nothing of tfjs.

import type { HeatMap } from "@ursa/contracts/heat-map";
import { openSession, type SessionOptions } from "@ursa/tensor/session";
import type { ModelCard } from "./model-card.ts";
import { checkDigest, type HashedFile, ModelIntegrityError } from "./predict.ts";

export interface Explainer {
  /** Of the two files: what it takes in memory, about. */
  bytes: number;
  /** @param view RGB uint8 [size, size, 3]. @param index of the class, in the model's order. @throws RangeError when either does not fit */
  explain(view: Uint8Array, index: number): Promise<HeatMap>;
  close(): Promise<void>;
}

/** explain.onnx works with the numbers that are in model.onnx. */
export type ExplainerFiles = { explanation: HashedFile; network: HashedFile };

/** @throws ModelIntegrityError when a file is not the one that model.json names */
export async function openExplainer(
  card: ModelCard,
  { explanation, network }: ExplainerFiles,
  options: SessionOptions,
): Promise<Explainer> {
  checkDigest(card, "explain.onnx", explanation);
  checkDigest(card, "model.onnx", network);
  const files = [{ name: "model.onnx", bytes: network.bytes }];
  const session = await openSession(explanation.bytes, { ...options, files });
  const { size } = card.input;
  return {
    bytes: explanation.bytes.byteLength + network.bytes.byteLength,
    async explain(view, index) {
      const name = card.classes[index];
      if (name === undefined)
        throw new RangeError(`Expected a class from 0 to ${card.classes.length - 1}, got ${index}.`);
      if (view.length !== size * size * 3)
        throw new RangeError(`Expected a view of ${size * size * 3} bytes, got ${view.length}.`);
      const wanted = new Float32Array(card.classes.length);
      wanted[index] = 1;
      const { heat } = await session.run({
        pixels: { dims: [1, size, size, 3], data: view },
        class: { dims: [1, wanted.length], data: wanted },
      });
      if (!heat) throw new ModelIntegrityError("explain.onnx gave no heat map.");
      const [, rows = 0, columns = 0] = heat.dims;
      return { class: name, rows, columns, values: scaled([...heat.data]) };
    },
    close: () => session.close(),
  };
}

/** As parts of the largest: logits of one network mean nothing beside those of another. */
function scaled(values: number[]): number[] {
  const largest = Math.max(...values);
  return values.map((value) => (largest > 0 ? Math.round((value / largest) * 1e4) / 1e4 : 0));
}

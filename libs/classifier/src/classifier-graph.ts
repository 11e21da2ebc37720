// The finished network as one graph, every number inside: what is exported is also what validation runs.
import * as tf from "@tensorflow/tfjs-core";
import type { StoredTensors } from "@ursa/tensor/safetensors";
import { type TracedGraph, trace } from "@ursa/tensor/trace";
import { type Body, frozenBody } from "./body-graph.ts";
import { headForward } from "./head.ts";

export type ClassifierGraphOptions = {
  body: Body;
  head: StoredTensors;
  /** Side of the square view, in pixels. */
  size: number;
  /** Probabilities are for use, logits for measuring: the loss of a sure network is below what a probability can say. */
  output: "probabilities" | "logits";
};

/** Input `pixels` uint8 [batch, size, size, 3]; one output [batch, classes] of the name asked for; for any batch. */
export function traceClassifier({ body, head, size, output }: ClassifierGraphOptions): TracedGraph {
  return trace({
    inputs: { pixels: { shape: ["batch", size, size, 3], element: "uint8" } },
    fn: ({ pixels }) => {
      if (!pixels) throw new Error("The trace gave no pixels.");
      const constants = [...head].map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]);
      const logits = headForward(frozenBody(pixels, body), Object.fromEntries(constants));
      return { outputs: { [output]: output === "logits" ? logits : tf.softmax(logits) } };
    },
  });
}

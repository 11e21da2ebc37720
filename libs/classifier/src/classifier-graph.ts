// The finished network as one graph, every number inside: what is exported is also what validation runs.
import * as tf from "@tensorflow/tfjs-core";
import type { StoredTensors } from "@ursa/tensor/safetensors";
import { type TracedGraph, trace } from "@ursa/tensor/trace";
import { freezeTo } from "./backbones/layer-groups.ts";
import { type Body, frozenBody } from "./body-graph.ts";
import { headForward, headTensors } from "./head.ts";
import { partInput } from "./part-input.ts";

export type ClassifierGraphOptions = {
  body: Body;
  head: StoredTensors;
  /** Side of the square view, in pixels. */
  size: number;
  /** Probabilities are for use, logits for measuring: the loss of a sure network is below what a probability can say. */
  output: "probabilities" | "logits";
  /** Leaves out what is below this part (see freezeTo) and takes its activations. Default: the whole network, from pixels. */
  trainFrom?: string;
};

/** Input as `partInput` says, `pixels` uint8 [batch, size, size, 3] by default; one output [batch, classes] of the name asked for; for any batch. */
export function traceClassifier(options: ClassifierGraphOptions): TracedGraph {
  const { body, head, size, output, trainFrom = "body-low" } = options;
  const { name, element, shape } = partInput({ ...body, size, trainFrom });
  const { trained } = freezeTo(body.backbone, trainFrom);
  return trace({
    inputs: { [name]: { shape: ["batch", ...shape], element } },
    fn: ({ [name]: input }) => {
      if (!input) throw new Error(`The trace gave no ${name}.`);
      const logits = headForward(frozenBody(input, body, trained), headTensors(head));
      return { outputs: { [output]: output === "logits" ? logits : tf.softmax(logits) } };
    },
  });
}

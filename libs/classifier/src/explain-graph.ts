// Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391) as a graph: where in a picture a network found what speaks for a class.
import * as tf from "@tensorflow/tfjs-core";
import type { StoredTensors } from "@ursa/tensor/safetensors";
import { type TracedGraph, trace } from "@ursa/tensor/trace";
import { type Body, frozenStages, pool } from "./body-graph.ts";
import { headForward, headTensors } from "./head.ts";

export type ExplainGraphOptions = {
  body: Body;
  head: StoredTensors;
  /** Side of the square view, in pixels. */
  size: number;
};

/**
 * Inputs `pixels` uint8 [1, size, size, 3] and `class` [1, classes], 1 for the class that is asked about and 0 for the others.
 * Output `heat` [1, rows, columns] of the last feature map, row by row: what each place adds to that class's logit, to first order and at least 0.
 */
export function traceExplanation({ body, head, size }: ExplainGraphOptions): TracedGraph {
  const classes = head.get("head.fc2.bias")?.shape[0] ?? 0;
  return trace({
    inputs: { pixels: { shape: [1, size, size, 3], element: "uint8" }, class: { shape: [1, classes] } },
    fn: ({ pixels, class: wanted }) => {
      if (!pixels || !wanted) throw new Error("The trace gave no pixels or no class.");
      const parameters = headTensors(head);
      const map = frozenStages(pixels, body, body.backbone.stages);
      return {
        outputs: { heat: gradCam(map, (features) => tf.sum(tf.mul(headForward(features, parameters), wanted))) },
      };
    },
  });
}

/** `map` [1, rows, columns, channels]. */
function gradCam(map: tf.Tensor4D, logit: (features: tf.Tensor2D) => tf.Tensor): tf.Tensor {
  // tf.grad hands on the map, which has four axes, as a tensor of any rank.
  const gradient = tf.grad((x) => logit(pool(x as tf.Tensor4D)))(map);
  return tf.relu(tf.sum(tf.mul(map, tf.mean(gradient, [1, 2], true)), 3));
}

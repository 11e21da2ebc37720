// Loss and mistakes of a network as it would be served: batch-norms folded, no dropout.
import type { StoredTensor, StoredTensors } from "@ursa/tensor/safetensors";
import { openSession } from "@ursa/tensor/session";
import type { Backbone } from "./backbones/backbone.ts";
import type { InputStatistics } from "./body-graph.ts";
import { traceClassifier } from "./classifier-graph.ts";
import { type Evaluation, evaluateLogits } from "./metrics.ts";
import { inOrder, type LoadView, pictureBatches } from "./picture-batches.ts";
import { networkTensors } from "./run-epochs.ts";

export type LabelledViews = { labels: readonly number[]; view: LoadView };

export type MeasureOptions = {
  backbone: Backbone;
  statistics: InputStatistics;
  /** Side of a view, in pixels. */
  size: number;
  threads: number;
  signal: AbortSignal;
};

/** Measures `tensors` on several sets; the graph is opened once. Plain cross-entropy, whatever was trained with. */
export async function measureNetwork(
  tensors: StoredTensors,
  sets: readonly LabelledViews[],
  options: MeasureOptions,
): Promise<Evaluation[]> {
  const { backbone, statistics, size, threads } = options;
  const { head, body: weights } = splitNetwork(tensors);
  const graph = traceClassifier({ body: { backbone, weights, statistics }, head, size, output: "logits" });
  await using session = await openSession(graph.bytes, { threads });
  const results: Evaluation[] = [];
  for (const set of sets) {
    const logits: number[] = [];
    for await (const { pixels } of pictureBatches({
      ...options,
      view: set.view,
      batches: inOrder(set.labels.length, ROWS),
    })) {
      const { logits: rows } = await session.run({ pixels });
      logits.push(...(rows?.data ?? []));
    }
    results.push(evaluateLogits(Float32Array.from(logits), set.labels));
  }
  return results;
}

// As many as keep the cores busy; more only takes more memory.
const ROWS = 16;

/** The tensors of the head and those of the body. */
export function splitNetwork(tensors: StoredTensors): Record<"head" | "body", Map<string, StoredTensor>> {
  const entries = [...networkTensors(tensors)];
  const isHead = ([name]: [string, StoredTensor]) => name.startsWith("head.");
  return { head: new Map(entries.filter(isHead)), body: new Map(entries.filter((entry) => !isHead(entry))) };
}

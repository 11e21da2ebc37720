// Loss and mistakes of a network as it would be served: batch-norms folded, no dropout.
import { at } from "@ursa/tensor/layout";
import type { StoredTensor, StoredTensors } from "@ursa/tensor/safetensors";
import { openSession } from "@ursa/tensor/session";
import { traceClassifier } from "./classifier-graph.ts";
import { type Evaluation, evaluateLogits } from "./metrics.ts";
import { inBatches, type NetworkInput, type ViewSet } from "./network-input.ts";
import type { InputStatistics, Part } from "./part-input.ts";
import { networkTensors } from "./run-epochs.ts";

/** `indices` are those of the pictures that are measured, into `labels`. */
export type LabelledViews = { labels: readonly number[]; views: ViewSet; indices: readonly number[] };

export type MeasureOptions = Part & {
  statistics: InputStatistics;
  /** Gives what the part from `trainFrom` takes. */
  input: NetworkInput;
  threads: number;
  signal: AbortSignal;
};

/** Measures `tensors` on several sets; the graph is opened once. Plain cross-entropy, whatever was trained with. */
export async function measureNetwork(
  tensors: StoredTensors,
  sets: readonly LabelledViews[],
  options: MeasureOptions,
): Promise<Evaluation[]> {
  const { backbone, statistics, size, trainFrom, threads, input, signal } = options;
  const { head, body: weights } = splitNetwork(tensors);
  const graph = traceClassifier({ body: { backbone, weights, statistics }, head, size, output: "logits", trainFrom });
  // Between two batches the cores are wanted for decoding the next.
  await using session = await openSession(graph.bytes, { threads, spins: false });
  const results: Evaluation[] = [];
  for (const { views, indices, labels } of sets) {
    const logits: number[] = [];
    for await (const { feeds } of input.batches(views, { batches: inBatches(indices, ROWS), signal })) {
      const { logits: rows } = await session.run(feeds);
      logits.push(...(rows?.data ?? []));
    }
    results.push(
      evaluateLogits(
        Float32Array.from(logits),
        indices.map((index) => at(labels, index)),
      ),
    );
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

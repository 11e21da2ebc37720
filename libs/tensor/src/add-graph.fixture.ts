// The smallest graph of which there are many: y = x + addend, one number each.
import { Graph } from "./graph.ts";

export function addGraph(addend: number): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float", [1]);
  graph.output("y", graph.op("Add", [x, graph.scalar(addend)]), [1]);
  return graph.finish();
}

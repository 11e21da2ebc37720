import { expect, test } from "vitest";
import { Graph } from "./graph.ts";
import { openSession, warmRuntime } from "./session.ts";

test("the runtime warms up on the graph it carries, and runs others afterwards", async () => {
  await warmRuntime();
  const graph = new Graph();
  const x = graph.input("x", "float", [2]);
  graph.output("y", graph.op("Add", [x, graph.scalar(1)]), [2]);
  await using session = await openSession(graph.finish(), { threads: 1 });
  const { y } = await session.run({ x: { dims: [2], data: new Float32Array([1, 2]) } });
  expect([...(y?.data ?? [])]).toEqual([2, 3]);
});

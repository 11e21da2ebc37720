import { describe, expect, test } from "vitest";
import { Graph } from "./graph.ts";
import { decodeModel, encodeModel } from "./onnx-proto.ts";
import { openSession } from "./session.ts";

describe("a graph", () => {
  test("is read back as it was written, negative sizes and named dimensions included", () => {
    const graph = new Graph();
    const x = graph.input("x", "float", ["batch", 6]);
    graph.output("y", graph.reshape(graph.op("Transpose", [x], { perm: [1, 0] }), [-1, 2]), ["any", 2]);
    const bytes = graph.finish();
    const model = decodeModel(bytes);
    expect(model.graph.node.map(({ opType }) => opType)).toEqual(["Transpose", "Reshape"]);
    expect(model.graph.input[0]?.type.tensorType.shape.dim).toEqual([{ dimParam: "batch" }, { dimValue: 6 }]);
    const shape = new Uint8Array(model.graph.initializer[0]?.rawData ?? []);
    expect(new BigInt64Array(shape.buffer)).toEqual(BigInt64Array.of(-1n, 2n));
    expect(encodeModel(model)).toEqual(bytes);
  });

  test("drops a reshape that another reshape undoes", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float", [2, 3]);
    graph.output("y", graph.reshape(graph.reshape(x, [6]), [3, 2]), [3, 2]);
    const bytes = graph.finish();
    expect(decodeModel(bytes).graph.node).toHaveLength(1);
    await using session = await openSession(bytes, { threads: 1 });
    const { y } = await session.run({ x: { dims: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, 6]) } });
    expect(y?.dims).toEqual([3, 2]);
  });

  test("bytes that are no model are refused, by the reader and by the runtime", async () => {
    expect(() => decodeModel(new TextEncoder().encode("not a model"))).toThrow();
    expect(() => decodeModel(new Uint8Array())).toThrow("without a graph");
    await expect(openSession(new Uint8Array([1, 2, 3]), { threads: 1 })).rejects.toThrow();
  });

  test("a missing feed is an error that names it", async () => {
    const graph = new Graph();
    graph.output("y", graph.op("Exp", [graph.input("x", "float", [1])]), [1]);
    await using session = await openSession(graph.finish(), { threads: 1 });
    await expect(session.run({})).rejects.toThrow("x");
  });
});

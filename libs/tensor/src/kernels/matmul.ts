// Matrix products. A transposed operand is asked for in its transposed layout; ONNX Runtime fuses what remains.
import { type BatchMatMulAttrs, broadcast_util } from "@tensorflow/tfjs-core";
import { at, identityLayout, type Layout } from "../layout.ts";
import { SymbolicValue } from "../symbol.ts";
import { kernel } from "./kernel.ts";

export const matmulKernels = [
  kernel<"a" | "b", BatchMatMulAttrs>("BatchMatMul", ({ a, b }, { transposeA, transposeB }) => {
    const left = operand(a, transposeA);
    const right = operand(b, transposeB);
    const batch = broadcast_util.assertAndGetBroadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
    const shape = [...batch, at(left.shape, left.shape.length - 2), at(right.shape, right.shape.length - 1)];
    const name = a.graph.op("MatMul", [left.name, right.name]);
    return new SymbolicValue(a.graph, shape).hold(identityLayout(shape.length), name);
  }),
];

function operand(x: SymbolicValue, transposed: boolean): { name: string; shape: readonly number[] } {
  const order = identityLayout(x.shape.length);
  const layout: Layout = transposed
    ? [...order.slice(0, -2), at(order, order.length - 1), at(order, order.length - 2)]
    : order;
  return { name: x.in(layout), shape: layout.map((axis) => at(x.shape, axis)) };
}

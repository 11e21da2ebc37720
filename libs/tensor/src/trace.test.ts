import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { decodeModel } from "./onnx-proto.ts";
import { relativeDifference } from "./relative-difference.ts";
import { openSession } from "./session.ts";
import { runOnCpu, runTraced, type TestInputs, wave } from "./testing.ts";
import { type TensorMap, trace } from "./trace.ts";

type Model = (inputs: TensorMap) => TensorMap;

async function expectSame(inputs: TestInputs, model: Model, tolerance = 1e-6) {
  const expected = runOnCpu(inputs, model);
  const actual = await runTraced(inputs, model);
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    expect(relativeDifference(actual[name]?.data ?? [], values), name).toBeLessThan(tolerance);
  }
}

const get = <T extends tf.Tensor>(inputs: TensorMap, name: string): T => inputs[name] as T;

describe("a traced graph computes what tfjs computes", () => {
  const vectors = { a: wave([3, 4]), b: wave([4], 1, 2), c: wave([3, 1], 1, 4) };

  test("arithmetic with broadcasts and repeated constants", () =>
    expectSame(vectors, (inputs) => {
      const [a, b, c] = [get(inputs, "a"), get(inputs, "b"), get(inputs, "c")];
      return {
        sum: tf.add(tf.mul(a, b), c),
        difference: tf.sub(2, tf.div(a, tf.add(tf.square(b), 1))),
        broadcastByOnes: tf.mul(c, tf.ones([3, 4])),
        broadcastByTwos: tf.mul(c, tf.fill([3, 4], 2)),
        squared: tf.squaredDifference(a, c),
        extremes: tf.maximum(tf.minimum(a, b), -0.5),
        constant: tf.add(tf.mul(tf.ones([2, 3]), 3), tf.zeros([3])),
      };
    }));

  test("functions of one value", () =>
    expectSame({ a: wave([5, 7]) }, (inputs) => {
      const a = get(inputs, "a");
      const positive = tf.add(tf.abs(a), 0.1);
      return {
        exp: tf.exp(a),
        log: tf.log(positive),
        sqrt: tf.sqrt(positive),
        rsqrt: tf.rsqrt(positive),
        sigmoid: tf.sigmoid(a),
        tanh: tf.tanh(a),
        relu: tf.relu(a),
        relu6: tf.relu6(tf.mul(a, 20)),
        step: tf.step(a),
        clip: tf.clipByValue(a, -0.2, 0.3),
        where: tf.where(tf.greater(a, 0), a, tf.neg(a)),
        softmax: tf.softmax(a),
        logSoftmax: tf.logSoftmax(a),
      };
    }));

  test("reductions along any axes, of values in any memory order", () =>
    expectSame({ x: wave([2, 5, 6, 3]) }, (inputs) => {
      const x = get<tf.Tensor4D>(inputs, "x");
      const inNchw = tf.conv2d(x, tf.tensor4d(wave([1, 1, 3, 4]).data, [1, 1, 3, 4]), 1, "same");
      return {
        all: tf.sum(inNchw),
        spatial: tf.mean(inNchw, [1, 2]),
        kept: tf.max(inNchw, [1, 2], true),
        channels: tf.sum(inNchw, 3),
        last: tf.mean(x, -1, true),
        batch: tf.sum(inNchw, [0, 2]),
      };
    }));

  test("reductions of values with axes of size 1, which are kept or go", () =>
    expectSame({ x: wave([1, 1, 6, 8]), y: wave([2, 1, 5, 4], 1, 1) }, (inputs) => {
      const [x, y] = [get<tf.Tensor4D>(inputs, "x"), get<tf.Tensor4D>(inputs, "y")];
      return {
        filter: tf.sum(x, [0, 1, 2]),
        inputs: tf.sum(x, 2),
        nothingWide: tf.sum(x, [0, 1]),
        rowKept: tf.mean(y, [2]),
        picture: tf.mean(y, [1, 2]),
        outer: tf.max(y, [0]),
      };
    }));

  test("moves: reshape, transpose, concat, slice, pad, tile", () =>
    expectSame({ x: wave([2, 3, 4]), y: wave([2, 5, 4], 1, 1) }, (inputs) => {
      const [x, y] = [get<tf.Tensor3D>(inputs, "x"), get<tf.Tensor3D>(inputs, "y")];
      const turned = tf.transpose(x, [2, 0, 1]);
      return {
        turned,
        turnedTwice: tf.transpose(turned, [2, 1, 0]),
        flat: tf.reshape(turned, [6, -1]),
        joined: tf.concat([x, y], 1),
        joinedTurned: tf.concat([turned, tf.transpose(y, [2, 0, 1])], 2),
        cut: tf.slice(turned, [1, 0, 1], [2, -1, 1]),
        padded: tf.pad(
          turned,
          [
            [0, 0],
            [1, 2],
            [0, 1],
          ],
          3,
        ),
        tiled: tf.tile(x, [2, 1, 3]),
        tiledOnes: tf.tile(tf.expandDims(tf.sum(x, 1), 1), [1, 4, 1]),
        added: tf.add(turned, tf.expandDims(tf.sum(turned, 0), 0)),
      };
    }));

  test("matrix products, transposed or not, with constants and batches", () =>
    expectSame({ a: wave([3, 5]), b: wave([4, 5], 1, 1), batch: wave([2, 3, 5], 1, 2) }, (inputs) => {
      const [a, b] = [get<tf.Tensor2D>(inputs, "a"), get<tf.Tensor2D>(inputs, "b")];
      const constant = tf.tensor2d(wave([4, 5], 1, 3).data, [4, 5]);
      return {
        plain: tf.matMul(a, tf.transpose(b)),
        transposed: tf.matMul(a, b, false, true),
        both: tf.matMul(tf.transpose(a), b, true, true),
        constant: tf.matMul(a, constant, false, true),
        batched: tf.matMul(get<tf.Tensor3D>(inputs, "batch"), tf.expandDims(tf.transpose(b), 0) as tf.Tensor3D),
      };
    }));

  for (const [side, stride, kernel] of [
    [8, 1, 3],
    [8, 2, 3],
    [9, 2, 5],
    [7, 2, 3],
    [5, 1, 5],
    [6, 2, 1],
  ] as const) {
    test(`SAME convolutions: side ${side}, stride ${stride}, kernel ${kernel}`, () =>
      expectSame({ x: wave([2, side, side, 8]) }, (inputs) => {
        const x = get<tf.Tensor4D>(inputs, "x");
        const filter = tf.transpose(
          tf.tensor4d(wave([6, 8, kernel, kernel], 1, 1).data, [6, 8, kernel, kernel]),
          [2, 3, 1, 0],
        );
        const depthwise = tf.transpose(
          tf.tensor4d(wave([8, 1, kernel, kernel], 1, 2).data, [8, 1, kernel, kernel]),
          [2, 3, 0, 1],
        );
        const bias = tf.tensor1d(wave([6], 1, 3).data);
        const full = tf.conv2d(x, filter as tf.Tensor4D, stride, "same");
        return {
          full,
          biased: tf.relu6(tf.add(full, bias)),
          depthwise: tf.add(
            tf.depthwiseConv2d(x, depthwise as tf.Tensor4D, stride, "same"),
            tf.tensor1d(wave([8]).data),
          ),
          scaled: tf.mul(full, bias),
        };
      }));
  }

  for (const [name, pad] of [
    ["SAME", "same"],
    ["VALID", "valid"],
    ["one on every side", 1],
  ] as const) {
    test(`pooling, ${name}`, () =>
      expectSame({ x: wave([2, 8, 9, 5], 1, 4) }, (inputs) => {
        const x = get<tf.Tensor4D>(inputs, "x");
        const negative = tf.sub(x, 2) as tf.Tensor4D;
        return {
          largest: tf.maxPool(negative, 3, 2, pad),
          average: tf.avgPool(negative, 3, 2, pad),
          ofConvolution: tf.maxPool(tf.conv2d(x, tf.ones([1, 1, 5, 4]), 1, "same"), 2, 2, pad),
        };
      }));
  }

  test("the ways to pad a convolution by hand", () =>
    expectSame({ x: wave([2, 8, 8, 4]) }, (inputs) => {
      const x = get<tf.Tensor4D>(inputs, "x");
      const filter = tf.tensor4d(wave([3, 3, 4, 6], 1, 1).data, [3, 3, 4, 6]);
      const sides: [number, number][] = [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ];
      return {
        number: tf.conv2d(x, filter, 2, 1),
        before: tf.conv2d(tf.pad(x, sides), filter, 2, "valid"),
        beforePool: tf.maxPool(tf.pad(tf.relu(x), sides) as tf.Tensor4D, 3, 2, "valid"),
      };
    }));
});

describe("what a trace promises", () => {
  test("one graph serves any batch when the batch is left open", async () => {
    const graph = trace({
      inputs: { pixels: { shape: ["batch", 4, 4, 3], element: "uint8" } },
      fn: ({ pixels }) => {
        const floats = tf.cast(pixels as tf.Tensor, "float32") as tf.Tensor4D;
        const pooled = tf.mean(tf.conv2d(floats, tf.ones([3, 3, 3, 5]), 2, "same"), [1, 2]);
        return { outputs: { y: tf.add(pooled, tf.reshape(tf.sum(floats, [1, 2, 3]), [-1, 1])) } };
      },
    });
    const session = await openSession(graph.bytes, { threads: 1 });
    for (const batch of [1, 3]) {
      const { y } = await session.run({
        pixels: { dims: [batch, 4, 4, 3], data: new Uint8Array(batch * 48).fill(200) },
      });
      expect(y?.dims).toEqual([batch, 5]);
    }
    await session.close();
  });

  test("equal operations are recorded once and unused ones not at all", () => {
    const graph = trace({
      inputs: { x: { shape: [2, 2] } },
      fn: ({ x }) => {
        const input = x as tf.Tensor;
        tf.exp(tf.tanh(input));
        return { outputs: { y: tf.add(tf.sigmoid(input), tf.sqrt(tf.sigmoid(input))) } };
      },
    });
    const operations = decodeModel(graph.bytes).graph.node.map((node) => node.opType);
    expect(operations.sort()).toEqual(["Add", "Sigmoid", "Sqrt"]);
  });

  test("a bias is fused into its convolution", () => {
    const graph = trace({
      inputs: { x: { shape: [1, 4, 4, 2] } },
      fn: ({ x }) => ({
        outputs: { y: tf.add(tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, 2, 2]), 1, "same"), tf.tensor1d([1, 2])) },
      }),
    });
    const operations = decodeModel(graph.bytes).graph.node.map((node) => node.opType);
    expect(operations).not.toContain("Add");
  });

  test("parameters may be replaced, and the graph names their next values", async () => {
    const graph = trace({
      inputs: { x: { shape: [] } },
      parameters: { w: [2] },
      fn: ({ x }, { w }) => ({ outputs: {}, updates: { w: tf.add(w as tf.Tensor, x as tf.Tensor) } }),
    });
    expect(graph.updates).toEqual({ w: "w:next" });
    const session = await openSession(graph.bytes, { threads: 1 });
    const feeds = { x: { dims: [], data: new Float32Array([1]) }, w: { dims: [2], data: new Float32Array([1, 2]) } };
    expect((await session.run(feeds))["w:next"]?.data).toEqual(new Float32Array([2, 3]));
    await session.close();
  });

  test("model code that looks at a value is refused", () => {
    const reading = () =>
      trace({
        inputs: { x: { shape: [1] } },
        fn: ({ x }) => ({ outputs: { y: tf.scalar((x as tf.Tensor).dataSync()[0] ?? 0) } }),
      });
    expect(reading).toThrow("must not depend on data");
  });

  test("a tensor made outside is refused, and the backend in use stays what it was", () => {
    void tf.setBackend("cpu");
    const outside = tf.tensor1d([1]);
    expect(() =>
      trace({ inputs: { x: { shape: [1] } }, fn: ({ x }) => ({ outputs: { y: tf.add(x as tf.Tensor, outside) } }) }),
    ).toThrow("made outside the trace");
    expect(tf.getBackend()).toBe("cpu");
  });
});

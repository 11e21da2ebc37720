// Is model.onnx a network as Ursa writes them? Answered by reading it, before anything runs it.
import { decodeModel, ELEMENT, encodeModel, type ModelProto, type ValueInfoProto } from "@ursa/tensor/onnx-proto";
import type { ModelCard } from "../model-card.ts";

export class NetworkError extends Error {
  override name = "NetworkError";
}

/** What a classifier is made of. None of them loops, branches or reads files; how much they compute, the trial run bounds. */
const OPERATORS = new Set(
  `Add Cast Clip Concat Conv Div Expand Gemm Identity MatMul MaxPool Mul Pad Reciprocal ReduceMax ReduceMean Relu
  Reshape Softmax Sqrt Squeeze Sub Transpose Unsqueeze`.split(/\s+/),
);
/** Number, whole number, text, and lists of the first two: not a tensor, not a graph within the graph. */
const ATTRIBUTE_TYPES = [1, 2, 3, 6, 7];

/** @throws NetworkError when it has parts that Ursa never writes, or another input or output than the card says */
export function checkNetwork(bytes: Uint8Array, { input, output, classes }: ModelCard): void {
  const { graph } = read(bytes);
  if (graph.initializer.some(({ externalData }) => (externalData ?? []).length > 0))
    throw new NetworkError("model.onnx keeps data in other files, which are never read");
  for (const { opType, domain, attribute } of graph.node) {
    const isKnown = !domain && OPERATORS.has(opType) && attribute.every(({ type }) => ATTRIBUTE_TYPES.includes(type));
    if (!isKnown)
      throw new NetworkError(
        `model.onnx has the operator ${domain ? `${domain}.` : ""}${opType}, which no classifier of Ursa has`,
      );
  }
  const { size } = input;
  expectValue("input", graph.input, { name: input.name, element: ELEMENT.uint8, dims: [size, size, 3] });
  expectValue("output", graph.output, { name: output.name, element: ELEMENT.float, dims: [classes.length] });
}

function read(bytes: Uint8Array): ModelProto {
  const model = decode(bytes);
  // Reading skips what the schema does not have (functions, training parts, sparse and external tensors), so writing it again differs.
  if (Buffer.compare(encodeModel(model), bytes) !== 0)
    throw new NetworkError("model.onnx has parts that Ursa never writes: it was made or changed by something else");
  return model;
}

function decode(bytes: Uint8Array): ModelProto {
  try {
    return decodeModel(bytes);
  } catch (cause) {
    throw new NetworkError("model.onnx is no ONNX model", { cause });
  }
}

type Expected = { name: string; element: number; dims: readonly number[] };

/** The only one of its kind, [batch, ...dims]. */
function expectValue(what: string, found: readonly ValueInfoProto[], { name, element, dims }: Expected): void {
  const [only] = found;
  const shape = only?.type.tensorType.shape.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam) ?? [];
  const isRight = found.length === 1 && only?.name === name && only.type.tensorType.elemType === element;
  if (isRight && typeof shape[0] === "string" && String(shape.slice(1)) === String(dims)) return;
  const came = found.map((value, i) => `${value.name}${i === 0 ? ` [${shape}]` : ""}`).join(", ") || "none";
  throw new NetworkError(`the ${what} of model.onnx should be ${name} [batch,${dims}] and is ${came}`);
}

// A graph beside another whose numbers it works with: it says where in that one's file they are instead of holding them again.
import { decodeModel, encodeModel, type TensorProto } from "./onnx-proto.ts";

export type NamedFile = { name: string; bytes: Uint8Array };

/** Saying where a constant is takes some 60 bytes; shapes and scalars stay where they are. */
const WORTH_BYTES = 1024;
/** TensorProto.DataLocation of the ONNX schema. */
const EXTERNAL = 1;

/**
 * `graph` (an ONNX model) with each constant of which `file` has the very bytes, wherever they are in it, as external data of that name.
 * Who opens it has that file in the same folder, or hands it over (SessionOptions.files). What `file` does not have stays inside.
 */
export function shareConstants(graph: Uint8Array, { name, bytes }: NamedFile): Uint8Array {
  const model = decodeModel(graph);
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const initializer = model.graph.initializer.map((tensor) => {
    const { rawData, ...rest } = tensor;
    if (!rawData || rawData.length < WORTH_BYTES) return tensor;
    const offset = haystack.indexOf(rawData);
    if (offset < 0) return tensor;
    const place = { location: name, offset: String(offset), length: String(rawData.length) };
    const externalData = Object.entries(place).map(([key, value]) => ({ key, value }));
    return { ...rest, dataLocation: EXTERNAL, externalData } satisfies TensorProto;
  });
  return encodeModel({ ...model, graph: { ...model.graph, initializer } });
}

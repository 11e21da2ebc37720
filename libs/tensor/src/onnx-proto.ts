// The part of the ONNX protobuf schema that Ursa writes and reads, held as data so that no generated code is checked in.
// Field numbers are those of onnx.proto (opset 18, IR version 8); fields not listed here are skipped on reading.
import protobuf from "protobufjs/light.js";

export const ELEMENT = { float: 1, uint8: 2, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof ELEMENT;

export type TensorProto = {
  name: string;
  dims: number[];
  dataType: number;
  rawData?: Uint8Array;
  /** Where its bytes are when they are in another file (`location`, `offset`, `length`); dataLocation is 1 then. */
  externalData?: { key: string; value: string }[];
  dataLocation?: number;
};
export type AttributeProto = {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  floats?: number[];
  ints?: number[];
};
export type NodeProto = {
  name: string;
  opType: string;
  domain: string;
  input: string[];
  output: string[];
  attribute: AttributeProto[];
};
export type DimensionProto = { dimValue?: number; dimParam?: string };
export type ValueInfoProto = {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: DimensionProto[] } } };
};
export type GraphProto = {
  name: string;
  node: NodeProto[];
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
};
export type ModelProto = {
  irVersion: number;
  producerName: string;
  opsetImport: { domain: string; version: number }[];
  graph: GraphProto;
};

/** Serialises a model; the bytes are what ONNX Runtime loads. */
export function encodeModel(model: ModelProto): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish();
}

/** Reads a model. Throws when the bytes are not protobuf of this schema. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const options = { longs: Number, arrays: true, defaults: false };
  const model = modelType.toObject(modelType.decode(bytes), options);
  if (!model.graph) throw new Error("Expected an ONNX model, got a protobuf message without a graph.");
  // True by construction: `modelType` is the schema below, of which ModelProto is the TypeScript mirror.
  return model as ModelProto;
}

type Field = { id: number; type: string; rule?: "repeated" };
const one = (id: number, type: string): Field => ({ id, type });
const many = (id: number, type: string): Field => ({ id, type, rule: "repeated" });

const schema = {
  nested: {
    ModelProto: {
      fields: {
        irVersion: one(1, "int64"),
        producerName: one(2, "string"),
        graph: one(7, "GraphProto"),
        opsetImport: many(8, "OperatorSetIdProto"),
      },
    },
    OperatorSetIdProto: { fields: { domain: one(1, "string"), version: one(2, "int64") } },
    GraphProto: {
      fields: {
        node: many(1, "NodeProto"),
        name: one(2, "string"),
        initializer: many(5, "TensorProto"),
        input: many(11, "ValueInfoProto"),
        output: many(12, "ValueInfoProto"),
      },
    },
    NodeProto: {
      fields: {
        input: many(1, "string"),
        output: many(2, "string"),
        name: one(3, "string"),
        opType: one(4, "string"),
        attribute: many(5, "AttributeProto"),
        domain: one(7, "string"),
      },
    },
    AttributeProto: {
      fields: {
        name: one(1, "string"),
        f: one(2, "float"),
        i: one(3, "int64"),
        s: one(4, "bytes"),
        floats: many(7, "float"),
        ints: many(8, "int64"),
        type: one(20, "int32"),
      },
    },
    TensorProto: {
      fields: {
        dims: many(1, "int64"),
        dataType: one(2, "int32"),
        name: one(8, "string"),
        rawData: one(9, "bytes"),
        externalData: many(13, "StringStringEntryProto"),
        dataLocation: one(14, "int32"),
      },
    },
    StringStringEntryProto: { fields: { key: one(1, "string"), value: one(2, "string") } },
    ValueInfoProto: { fields: { name: one(1, "string"), type: one(2, "TypeProto") } },
    TypeProto: { fields: { tensorType: one(1, "TensorTypeProto") } },
    TensorTypeProto: { fields: { elemType: one(1, "int32"), shape: one(2, "TensorShapeProto") } },
    TensorShapeProto: { fields: { dim: many(1, "DimensionProto") } },
    DimensionProto: { fields: { dimValue: one(1, "int64"), dimParam: one(2, "string") } },
  },
};

const modelType = protobuf.Root.fromJSON(schema).lookupType("ModelProto");

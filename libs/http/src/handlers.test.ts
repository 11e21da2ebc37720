// What the types promise: tsc fails on this file when a wrong handler compiles or a right one does not.
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { Handlers } from "./handlers.ts";

const wrong = {
  // @ts-expect-error an alias has more fields than a name
  getAlias: async () => ({ name: "bears@production" }),
  // @ts-expect-error the route answers text/csv
  getReport: async () => ({ contentType: "image/png", body: "" }),
  // @ts-expect-error events are a stream, not a list
  datasetEvents: async () => [{ data: { type: "log", message: "" } }],
  // @ts-expect-error there is no such parameter
  getModel: async ({ params }) => params.name,
  // @ts-expect-error a route that reads no body gives none
  listModels: async ({ body }) => body.items,
} satisfies Handlers;

const right = {
  deleteAlias: async () => {},
  getReport: async () => ({ contentType: "text/csv; charset=utf-8", body: Readable.from([]) }),
  classify: async ({ body }) => {
    throw new Error("url" in body ? body.url : `${body.bytes.byteLength} bytes`);
  },
  putUpload: async ({ params, body }) => ({ name: params.name, bytes: body.stream.readableLength, sha256: "" }),
} satisfies Handlers;

test("handlers are typed by the route table", () => {
  expect(Object.keys({ ...wrong, ...right })).toContain("getReport");
});

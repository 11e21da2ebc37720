// The parts of an OpenAPI 3.1 document that the page for people shows.
import { z } from "zod";

const jsonSchemaSchema = z.record(z.string(), z.unknown());
export type JsonSchema = z.infer<typeof jsonSchemaSchema>;

const contentSchema = z.record(z.string(), z.object({ schema: jsonSchemaSchema.optional() }));
export type Content = z.infer<typeof contentSchema>;

const operationSchema = z.object({
  operationId: z.string(),
  tags: z.array(z.string()).min(1),
  summary: z.string(),
  description: z.string().optional(),
  /** Empty where no key is needed. */
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(
    z.object({
      name: z.string(),
      in: z.string(),
      required: z.boolean(),
      description: z.string().optional(),
      schema: jsonSchemaSchema,
    }),
  ),
  requestBody: z.object({ content: contentSchema }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: contentSchema.optional() })),
});
export type Operation = z.infer<typeof operationSchema> & { method: string; path: string };

const documentSchema = z.object({
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});
export type Info = z.infer<typeof documentSchema>["info"];

/** @throws ZodError when it is not a document such as contracts' `openapi` makes */
export function readDocument(document: Record<string, unknown>): { info: Info; operations: Operation[] } {
  const { info, paths } = documentSchema.parse(document);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
  return { info, operations };
}

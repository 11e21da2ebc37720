// What people write on a dataset or a model: a name, and a note for the lab journal. Nothing of Ursa looks at either.
import { z } from "zod";

const nameSchema = z.string().max(200);
/** Markdown or plain text; who shows it takes it for text. */
export const noteSchema = z.string().max(10_000);

/** What is left out stays as it is; null takes it away. */
export const describeSchema = z.strictObject({
  name: nameSchema.nullable().optional(),
  note: noteSchema.nullable().optional(),
});
export type Describe = z.infer<typeof describeSchema>;

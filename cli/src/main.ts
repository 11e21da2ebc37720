// `ursa`: runs the command line and turns what it throws into a sentence and an exit code.
import { exitCodeOf, explain } from "./failure.ts";
import { createProgram } from "./program.ts";

try {
  await createProgram().parseAsync();
} catch (error) {
  const code = exitCodeOf(error);
  const sentence = explain(error);
  if (sentence) process.stderr.write(`${sentence}\n`);
  process.exitCode = code;
}

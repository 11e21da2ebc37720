// `ursa`: runs the command line and turns what it throws into a sentence and an exit code.
import { exitCodeOf, explain } from "./failure.ts";
import { createProgram } from "./program.ts";
import { visible } from "./visible.ts";

// Whoever read along has seen enough: `ursa model list | head`.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });

try {
  await createProgram().parseAsync();
} catch (error) {
  const code = exitCodeOf(error);
  const sentence = explain(error);
  if (sentence) process.stderr.write(`${visible(sentence)}\n`);
  process.exitCode = code;
}

// `ursa`: the command line. Every command talks to the API through the derived client, except the local ones under local/.
import { Command } from "commander";
import { adopt } from "./adopt.ts";
import { aliasCommand } from "./commands/alias.ts";
import { benchCommand } from "./commands/bench.ts";
import { classifyCommand } from "./commands/classify.ts";
import { datasetCommand } from "./commands/dataset.ts";
import { demoCommand } from "./commands/demo.ts";
import { modelCommand } from "./commands/model.ts";
import { predictCommand } from "./commands/predict.ts";
import { statusCommand } from "./commands/status.ts";
import { trainCommand } from "./commands/train.ts";
import { upCommand } from "./commands/up.ts";
import { exitCodeOf, explain } from "./failure.ts";

const program = new Command("ursa")
  .description("Your own image classifier, from lists of image URLs to production.")
  .option("--url <url>", "where the API is", process.env.URSA_URL ?? "http://127.0.0.1:8080")
  .option("--json", "print JSON on standard output; progress goes to standard error")
  .showHelpAfterError("(--help shows what there is)")
  .addHelpText(
    "after",
    `
Start here:
  $ ursa demo                                  the whole job on drawn bears, in under a minute
  $ ursa up                                    everything on http://127.0.0.1:8080 until stopped
  $ ursa dataset create urls_black.txt urls_grizzly.txt urls_teddys.txt
  $ ursa train ds_01J… --alias bears@production
  $ ursa classify photo.jpg

Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 the API cannot be reached, 130 interrupted.`,
  )
  .exitOverride();

for (const command of [
  upCommand,
  demoCommand,
  datasetCommand,
  trainCommand,
  modelCommand,
  classifyCommand,
  predictCommand,
  aliasCommand,
  statusCommand,
  benchCommand,
]) {
  program.addCommand(adopt(command(), program));
}

try {
  await program.parseAsync();
} catch (error) {
  const code = exitCodeOf(error);
  const sentence = explain(error);
  if (sentence) process.stderr.write(`${sentence}\n`);
  process.exitCode = code;
}

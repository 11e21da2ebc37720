// The command line as a tree of commands. Every command talks to the API through the derived client, except the local ones under local/.
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { adopt } from "./adopt.ts";
import { aliasCommand } from "./commands/alias.ts";
import { benchCommand } from "./commands/bench.ts";
import { classifyCommand } from "./commands/classify.ts";
import { cleanCommand } from "./commands/clean.ts";
import { datasetCommand } from "./commands/dataset.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { engineCommand } from "./commands/engine.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { evaluationCommand } from "./commands/evaluation.ts";
import { galleryCommand } from "./commands/gallery.ts";
import { inspectionCommand } from "./commands/inspection.ts";
import { keyCommand } from "./commands/key.ts";
import { modelCommand } from "./commands/model.ts";
import { backupCommand, drainCommand, gcCommand, reconcileCommand, restoreCommand } from "./commands/operations.ts";
import { predictCommand } from "./commands/predict.ts";
import { predictionCommand } from "./commands/prediction.ts";
import { regressionCommand } from "./commands/regression.ts";
import { resetCommand } from "./commands/reset.ts";
import { serveCommand } from "./commands/serve.ts";
import { sgdCommand } from "./commands/sgd.ts";
import { statusCommand } from "./commands/status.ts";
import { sweepCommand } from "./commands/sweep.ts";
import { trainCommand } from "./commands/train.ts";
import { upCommand } from "./commands/up.ts";
import { usageCommand } from "./commands/usage.ts";
import { webhookCommand } from "./commands/webhook.ts";
import { weightsCommand } from "./commands/weights.ts";

const COMMANDS = [
  upCommand,
  demoCommand,
  galleryCommand,
  datasetCommand,
  trainCommand,
  sweepCommand,
  modelCommand,
  serveCommand,
  evaluateCommand,
  evaluationCommand,
  cleanCommand,
  inspectionCommand,
  sgdCommand,
  regressionCommand,
  classifyCommand,
  predictCommand,
  predictionCommand,
  aliasCommand,
  keyCommand,
  usageCommand,
  webhookCommand,
  statusCommand,
  doctorCommand,
  drainCommand,
  reconcileCommand,
  gcCommand,
  backupCommand,
  restoreCommand,
  resetCommand,
  benchCommand,
  engineCommand,
  weightsCommand,
];

const HELP = `
Start here:
  $ ursa demo                                  the whole job on drawn bears; in under a minute with --recipe quick
  $ ursa up                                    everything on http://127.0.0.1:8080 until stopped
  $ ursa dataset create urls_black.txt urls_grizzly.txt urls_teddys.txt
  $ ursa train ds_01J… --alias bears@production
  $ ursa classify photo.jpg

Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 the API cannot be reached, 130 interrupted.`;

/** Errors of usage are thrown as CommanderError, after commander has printed them. */
export function createProgram(): Command {
  const program = new Command("ursa")
    .description("Your own image classifier, from lists of image URLs to production.")
    .version(readVersion(), "--version")
    .option("--api, --url <url>", "where the API is", process.env.URSA_URL ?? "http://127.0.0.1:8080")
    .option("--key-file <file>", "a file that holds the API key; else URSA_KEY, or the file that URSA_KEY_FILE names")
    .option("--json", "print JSON on standard output; progress goes to standard error")
    .showHelpAfterError("(--help shows what there is)")
    .addHelpText("after", HELP)
    .exitOverride();
  for (const command of COMMANDS) program.addCommand(adopt(command(), program));
  return program;
}

function readVersion(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return manifest.version;
}

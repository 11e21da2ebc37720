// `ursa demo`: the main job, end to end, through the real services.
import { RECIPE_NAMES } from "@ursa/contracts/named-recipes";
import { Command, Option } from "commander";
import { examples } from "../examples.ts";
import type { DemoOptions } from "../local/demo/run-demo.ts";
import { number } from "../number.ts";
import { createPrinter } from "../print.ts";

type DemoCommandOptions = Omit<DemoOptions, "print">;

export function demoCommand(): Command {
  return new Command("demo")
    .description("URL lists to a served classifier: on drawn bears, or on your own pictures")
    .option("--folder <folder>", "real pictures, one sub-folder per class, served on loopback as URL lists")
    .addOption(new Option("--recipe <name>", "how the model is trained").choices(RECIPE_NAMES).default("lesson"))
    .option("--seed <n>", "seed of the split and of the training", number)
    .option("--keep", "leave everything running afterwards, to look around")
    .option(
      "--home <folder>",
      "where its data lies; a fresh folder in the repository's .ursa, removed in the end, when left out",
    )
    .option("--port <n>", "port of the API (a free one)", number)
    .addHelpText(
      ...examples(
        "ursa demo",
        "ursa demo --recipe quick",
        "ursa demo --folder ~/pictures/bears --seed 1",
        "ursa demo --json | tail -1 | jq .stages",
      ),
    )
    .action(async (options: DemoCommandOptions, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      // Loaded here, so that commands that only talk to an API start fast.
      const { runDemo } = await import("../local/demo/run-demo.ts");
      process.exitCode = await runDemo({ ...options, print: createPrinter(json ?? false) });
    });
}

// `ursa demo`: the main job, end to end, through the real services.
import { RECIPE_NAMES } from "@ursa/contracts/named-recipes";
import { Command, Option } from "commander";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import type { DemoOptions, Running } from "../local/demo/run-demo.ts";
import { number } from "../number.ts";
import { createPrinter } from "../print.ts";
import { readKey } from "../read-key.ts";

type DemoCommandOptions = Omit<DemoOptions, "print" | "running"> & { gallery?: string };

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
    .option(
      "--gallery <url>",
      "go through the running Ursa that --api names; `ursa gallery` serves the same pictures at this address, which its downloader reaches",
    )
    .addHelpText(
      ...examples(
        "ursa demo",
        "ursa demo --recipe quick",
        "ursa demo --folder ~/pictures/bears --seed 1",
        "ursa demo --api http://127.0.0.1:8080 --folder ~/pictures/bears --gallery http://gallery:8090",
        "ursa demo --json | tail -1 | jq .stages",
      ),
    )
    .action(async (options: DemoCommandOptions, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const running = runningOf(options, command);
      // Loaded here, so that commands that only talk to an API start fast.
      const { runDemo } = await import("../local/demo/run-demo.ts");
      process.exitCode = await runDemo({
        ...options,
        ...(running ? { running } : {}),
        print: createPrinter(json ?? false),
      });
    });
}

/** Told to go through a running Ursa or not at all: half of it would start another one, or fetch from nowhere. */
function runningOf({ gallery, home, port, keep }: DemoCommandOptions, command: Command): Running | undefined {
  const globals = command.optsWithGlobals<{ url: string; keyFile?: string }>();
  const isApiGiven = command.getOptionValueSourceWithGlobals("url") === "cli";
  if (gallery === undefined && !isApiGiven) return undefined;
  if (gallery === undefined)
    throw new Failure(
      "With --api the demo needs --gallery: where that Ursa fetches the pictures, served by `ursa gallery`.",
      {
        exitCode: 2,
      },
    );
  if (!URL.canParse(gallery))
    throw new Failure(`--gallery: expected a URL such as http://gallery:8090, got ${gallery}`, { exitCode: 2 });
  if (home !== undefined || port !== undefined || keep)
    throw new Failure(
      "--home, --port and --keep are for an Ursa that the demo starts; with --gallery it starts none.",
      { exitCode: 2 },
    );
  return { apiUrl: globals.url, key: readKey(globals.keyFile), gallery };
}

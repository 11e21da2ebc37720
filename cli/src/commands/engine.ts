// `ursa engine`: what computes. `compiled` is always there; `native` is TensorFlow, an optional install.
import { Command } from "commander";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import { createPrinter, type Printer } from "../print.ts";

export function engineCommand(): Command {
  return new Command("engine")
    .description("what computes: compiled (always there), native (TensorFlow, an optional install)")
    .addHelpText(...examples("ursa engine list", "ursa engine install native", "ursa engine check"))
    .addCommand(listCommand())
    .addCommand(installCommand())
    .addCommand(checkCommand());
}

// The parts behind these are loaded when they run, so that commands that only talk to an API start fast.

function listCommand(): Command {
  return new Command("list")
    .description("the engines, which are installed, and on what they compute")
    .addHelpText(...examples("ursa engine list", "ursa engine list --json"))
    .action(async (_options, command: Command) => {
      const { runList } = await import("../local/engine/run-list.ts");
      await runList(printerOf(command));
    });
}

function installCommand(): Command {
  return new Command("install")
    .description("install an engine: packages from npm; where tfjs-node's own download is closed, TensorFlow from PyPI")
    .argument("<engine>", "native")
    .option("--gpu", "the one for NVIDIA GPUs, with CUDA's libraries (2.1 GB); unverified, see docs/engines.md")
    .option(
      "--elsewhere",
      "for another machine, such as an image that is built here: do not ask for a GPU, do not load it",
    )
    .addHelpText(...examples("ursa engine install native", "ursa engine install native --gpu"))
    .action(async (engine: string, options: { gpu?: boolean; elsewhere?: boolean }, command: Command) => {
      if (engine !== "native")
        throw new Failure(`There is no engine ${engine} to install; there is: native.`, { exitCode: 2 });
      const { runInstall } = await import("../local/engine/run-install.ts");
      const name = options.gpu ? "native-gpu" : "native";
      await runInstall({ name, forElsewhere: options.elsewhere ?? false, print: printerOf(command) });
    });
}

function checkCommand(): Command {
  return new Command("check")
    .description("train a small net on native and on compiled, compare them, and tell how fast each is")
    .option("--gpu", "on the GPU; an error that names what is missing where none would be used")
    .addHelpText(...examples("ursa engine check", "ursa engine check --json"))
    .action(async ({ gpu }: { gpu?: boolean }, command: Command) => {
      const { runCheck } = await import("../local/engine/run-check.ts");
      await runCheck(gpu ? "gpu" : "cpu", printerOf(command));
    });
}

function printerOf(command: Command): Printer {
  return createPrinter(command.optsWithGlobals<{ json?: boolean }>().json ?? false);
}

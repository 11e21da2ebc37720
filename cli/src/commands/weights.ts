// `ursa weights`: the pretrained networks that training starts from. One ships; others are added from a file.
import { Command } from "commander";
import { examples } from "../examples.ts";
import { createPrinter, type Printer } from "../print.ts";

export function weightsCommand(): Command {
  return new Command("weights")
    .description("the pretrained networks that training starts from: one ships, others are added")
    .addHelpText(...examples("ursa weights list", "ursa weights add resnet34 resnet34.safetensors"))
    .addCommand(list())
    .addCommand(add());
}

// The parts behind these are loaded when they run, so that commands that only talk to an API start fast.

const list = () =>
  new Command("list")
    .description("every backbone: whether its weights are here, from where and under which licence")
    .addHelpText(...examples("ursa weights list", "ursa weights list --json"))
    .action(async (_options, command: Command) => {
      const { runList } = await import("../local/weights/run-list.ts");
      await runList(printerOf(command));
    });

const add = () =>
  new Command("add")
    .description("check a safetensors file in timm's names against a backbone and keep a copy of it")
    .argument("<backbone>", "such as resnet34; `ursa weights list` names them")
    .argument("<source>", "a file, a folder that holds <backbone>.safetensors, or an https URL")
    .option("--sha256 <hex>", "refuse a file with another sha256")
    .addHelpText(
      ...examples(
        "python3 tools/convert-torchvision.py resnet34-b627a593.pth resnet34.safetensors",
        "ursa weights add resnet34 resnet34.safetensors",
        "ursa weights add resnet34 https://example.org/resnet34.safetensors --sha256 4b1d…",
      ),
    )
    .action(addAction);

async function addAction(backbone: string, source: string, ...rest: [{ sha256?: string }, Command]): Promise<void> {
  const [{ sha256 }, command] = rest;
  const { runAdd } = await import("../local/weights/run-add.ts");
  await runAdd({ backbone, source, sha256 }, printerOf(command));
}

function printerOf(command: Command): Printer {
  return createPrinter(command.optsWithGlobals<{ json?: boolean }>().json ?? false);
}

// `ursa model export` and `ursa model import`: a model as files that others open, and back.
import { STAGES, type StageName } from "@ursa/contracts/model";
import { Command, Option } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";

// What packs and unpacks is loaded when it runs, so that commands that only talk to an API start fast.
export const exportCommand = () =>
  new Command("export")
    .description("write a model's files and a README of how to use them without Ursa")
    .argument("<model>")
    .addOption(new Option("--stage <stage>", "the latest that is finished when left out").choices(STAGES))
    .option("--out <folder>", "a folder, or FILE.zip; <model>-<stage> when left out")
    .addHelpText(
      ...examples("ursa model export mdl_01J…", "ursa model export mdl_01J… --stage stage-1 --out bears.zip"),
    )
    .action(async (id: string, options: { stage?: StageName; out?: string }, command: Command) => {
      const { runExport } = await import("../local/exchange/run-export.ts");
      await runExport(connect(command), id, options);
    });

export const importCommand = () =>
  new Command("import")
    .description("bring in a model that was exported, here or by another Ursa; it is checked before it is taken")
    .argument("<source>", "the folder or the zip file that `ursa model export` wrote")
    .option("--name <name>", "a name for people")
    .addHelpText(...examples("ursa model import bears.zip --name bears", "ursa alias set bears@production mdl_01J…"))
    .action(async (source: string, { name }: { name?: string }, command: Command) => {
      const { runImport } = await import("../local/exchange/run-import.ts");
      await runImport(connect(command), { source, name });
    });

// `ursa evaluate`: how wrong a model is on labelled pictures, about which classes, and about which pictures.
import { writeFile } from "node:fs/promises";
import { evaluatedSplitSchema } from "@ursa/contracts/evaluation";
import { stageNameSchema } from "@ursa/contracts/model";
import { Command, Option } from "commander";
import { connect } from "../connect.ts";
import { describeResult } from "../describe-evaluation.ts";
import { examples } from "../examples.ts";
import { follow } from "../follow.ts";
import { number } from "../number.ts";

type EvaluateOptions = {
  split?: (typeof evaluatedSplitSchema.options)[number];
  stage?: (typeof stageNameSchema.options)[number];
  tta?: boolean;
  top: number;
  name?: string;
  save?: string;
  detach?: boolean;
};

const HELP = `
Without --split it is the test pictures where the dataset has some, else the validation pictures. Test pictures are those of lists
in a folder named test: they never train a model and never choose one, so their error is the one to believe. That of --split train
or all is not, when the model was trained on this dataset.`;

export function evaluateCommand(): Command {
  return new Command("evaluate")
    .description("measure a model on labelled pictures: error, confusion, top losses")
    .argument("<model>", "a model id or an alias")
    .argument("<dataset>", "any dataset whose classes the model knows; they are matched by name")
    .addOption(new Option("--split <split>", "which side").choices(evaluatedSplitSchema.options))
    .addOption(new Option("--stage <stage>", "which stage of the model").choices(stageNameSchema.options))
    .option("--tta", "test-time augmentation: nine views of each picture, at nine times the work")
    .option("--top <count>", "how many top losses to list, at most 100", number, 10)
    .option("--save <file>", "save the whole result as JSON")
    .option("--name <name>", "a name for people")
    .option("--detach", "do not wait for it")
    .addHelpText("after", HELP)
    .addHelpText(
      ...examples(
        "ursa evaluate bears@production ds_01J…",
        "ursa evaluate mdl_01J… ds_01J… --split valid --tta --top 30",
        "ursa evaluate mdl_01J… ds_01J… --save evaluation.json",
      ),
    )
    .action((model: string, dataset: string, options: EvaluateOptions, command: Command) =>
      evaluate({ model, dataset }, options, command),
    );
}

type Asked = { model: string; dataset: string };

async function evaluate({ model, dataset }: Asked, options: EvaluateOptions, command: Command): Promise<void> {
  const session = connect(command);
  const { client, print } = session;
  const { split, stage, tta = false, name } = options;
  const created = await client.call("createEvaluation", { body: { model, dataset, split, stage, tta, name } });
  const { id } = created;
  print.note(`${id}: ${created.split} of ${dataset} by ${created.alias ?? created.model} (${created.stage})`);
  if (options.detach) {
    print.note(`Look at it later with \`ursa evaluation show ${id}\`.`);
    return print.answer(created, id);
  }
  await follow(session, "evaluation", id);
  const result = await client.call("getEvaluationResult", { params: { id } });
  const { url } = command.optsWithGlobals<{ url: string }>();
  print.answer(result, describeResult(result, { top: options.top, url }));
  if (!options.save) return;
  await writeFile(options.save, JSON.stringify(result));
  print.note(`saved ${options.save}`);
}

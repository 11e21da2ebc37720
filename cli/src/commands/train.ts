// `ursa train`: a model from a dataset, by the lesson's recipe; every knob the lesson turns is an option.
import { Command, Option } from "commander";
import { connect, type Session } from "../connect.ts";
import { headline } from "../describe-diagnosis.ts";
import { examples } from "../examples.ts";
import { follow } from "../follow.ts";
import { addRecipeOptions, RECIPES_HELP, recipeOf } from "../recipe-options.ts";
import { describeModel } from "./model.ts";

type TrainOptions = Parameters<typeof recipeOf>[0] & {
  name?: string;
  alias?: string;
  like?: string;
  detach?: boolean;
};

export function trainCommand(): Command {
  const command = new Command("train")
    .description("train a model on a dataset")
    .argument("<dataset>")
    .option("--name <name>", "a name for people")
    .option("--alias <alias>", "point this alias at the model when it is ready, such as bears@production")
    .addOption(
      new Option(
        "--like <model>",
        "with the recipe of this run, and from what it started from; other options change it",
      ).conflicts("recipe"),
    )
    .option("--detach", "do not wait for it");
  return addRecipeOptions(command)
    .addHelpText("after", RECIPES_HELP)
    .addHelpText(
      ...examples(
        "ursa train ds_01J… --epochs 8 --alias bears@production",
        "ursa train ds_01J… --recipe lesson",
        "ursa train ds_01J… --unfreeze 2 --slice 1e-5,3e-4",
        "ursa train ds_01J… --phases stage-1,lr-find",
        "ursa train ds_01J… --from mdl_01J…@stage-1 --slice 1e-5,3e-4",
        "ursa train ds_01J… --find-only",
        "ursa train ds_01K… --like mdl_01J…",
        "ursa train ds_01J… --recipe lr-too-high",
      ),
    )
    .action(train);
}

async function train(dataset: string, options: TrainOptions, command: Command): Promise<void> {
  const session = connect(command);
  const like = options.like ? await session.client.call("getModel", { params: { id: options.like } }) : undefined;
  const from = options.from ?? (like?.from && `${like.from.model}@${like.from.stage}`);
  const model = await session.client.call("createModel", {
    body: { dataset, name: options.name, from, recipe: recipeOf(options, like?.recipe) },
  });
  session.print.note(`${model.id}: training on ${dataset}`);
  if (options.detach) return session.print.answer(model, model.id);
  try {
    await follow(session, "model", model.id);
  } finally {
    await sayWhatIsWrong(session, model.id);
  }
  if (options.alias) await point(session, options.alias, model.id);
  const trained = await session.client.call("getModel", { params: { id: model.id } });
  session.print.answer(trained, describeModel(trained));
}

/** One line where something is; that it cannot be asked must not hide how the run ended. */
async function sayWhatIsWrong({ client, print }: Session, id: string): Promise<void> {
  const diagnosis = await client.call("getDiagnosis", { params: { id } }).catch(() => undefined);
  const line = diagnosis && headline(diagnosis);
  if (line) print.note(line);
}

async function point({ client, print }: Session, alias: string, model: string): Promise<void> {
  await client.call("putAlias", { params: { name: alias }, body: { model } });
  print.note(`${alias} is now ${model}`);
}

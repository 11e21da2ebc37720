// `ursa model`: look at training runs and download what they made.
import type { Finder, Model } from "@ursa/contracts/model";
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { explainProblem } from "../failure.ts";
import { linkOption, showLink } from "../link-option.ts";
import { noteCommand } from "../note-command.ts";
import { nats, percent, seconds, table } from "../print.ts";
import { saveResponse } from "../save-response.ts";
import { compareCommand } from "./model-compare.ts";
import { diagnoseCommand } from "./model-diagnose.ts";
import { exportCommand, importCommand } from "./model-exchange.ts";
import { interpretCommand } from "./model-interpret.ts";
import { listCommand } from "./model-list.ts";
import { plotCommand } from "./model-plot.ts";

export function modelCommand(): Command {
  const command = new Command("model")
    .description("look at models and download them; `ursa train` makes one")
    .addHelpText(...examples("ursa model list", "ursa model download mdl_01J… stage-1/model.onnx"));
  const looking = [
    ...[listCommand(), show(), plotCommand(), interpretCommand(), diagnoseCommand(), compareCommand()],
    download(),
  ];
  const changing = [exportCommand(), importCommand(), noteCommand("model"), cancel(), remove()];
  for (const child of [...looking, ...changing]) command.addCommand(child);
  return command;
}

const show = () =>
  new Command("show")
    .description("a model's recipe, its epochs and its files")
    .argument("<model>")
    .addHelpText(...examples("ursa model show mdl_01J…"))
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      const model = await client.call("getModel", { params: { id } });
      print.answer(model, describeModel(model));
    });

/** The epochs table with the columns of the lesson's recorder, and the interval that says how much to believe them. */
export function describeModel(model: Model): string {
  const note = model.note ? `\n${model.note}` : "";
  const error = model.error ? `\n${explainProblem(model.error)}` : "";
  const head = `${model.id}  ${model.state}  ${model.recipe.backbone} at ${model.recipe.size} px on ${model.dataset.id}, ${model.recipe.phases.join(", ")}${startOf(model)}${note}${error}`;
  const rows = model.epochs.map((row) => [
    row.stage,
    String(row.epoch),
    ...[row.trainLoss, row.trainLossEval, row.validLoss].map(nats),
    percent(row.errorRate),
    `${row.wrong}/${row.validCount}`,
    `${percent(row.errorRateLow)} to ${percent(row.errorRateHigh)}`,
    seconds(row.seconds),
  ]);
  const epochs = table(
    ["stage", "epoch", "train loss", "train (eval)", "valid loss", "error rate", "wrong", "95 % interval", "time"],
    rows,
  );
  const files = model.artifacts.map(({ stage, name, bytes }) => `${stage}/${name}  ${(bytes / 1e6).toFixed(2)} MB`);
  const finder = model.finder ? [finderLine(model.finder)] : [];
  const parts = [[head], rows.length > 0 ? [epochs] : [], finder, curvesOf(model), courseOf(model), files];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** What more pictures would bring: the head trained on parts of them. */
function curvesOf({ stages }: Model): string[] {
  return stages.flatMap(({ name, learningCurve }) => {
    if (!learningCurve) return [];
    const rows = learningCurve.map(({ fraction, trainCount, wrong, validCount }) => [
      ...[name, `${Math.round(100 * fraction)} %`, String(trainCount)],
      ...[percent(wrong / validCount), `${wrong}/${validCount}`],
    ]);
    return [table(["learning curve", "of the data", "pictures", "error rate", "wrong"], rows)];
  });
}

/** What its stages ran on, and how they departed from the recipe. */
function courseOf({ stages, batchLimits = {}, notes = [] }: Model): string[] {
  const engines = stages.flatMap((stage) =>
    stage.engines ? [`${stage.name} was trained on ${stage.engines.join(", then ")}`] : [],
  );
  const limits = Object.entries(batchLimits).map(
    ([stage, limit]) => `${stage} trains with ${limit} pictures per step: the recipe's batch did not fit in memory`,
  );
  return [...engines, ...limits, ...notes.map((note) => `note: ${note}`)];
}

function startOf({ from, imported }: Model): string {
  if (imported) return `, imported: ${imported.model}@${imported.stage}`;
  return from ? `, from ${from.model}@${from.stage}${from.head === "new" ? " under a new head" : ""}` : "";
}

function finderLine({ layers, suggestions, points }: Finder): string {
  const what = `learning-rate finder on ${layers === "head" ? "the head" : "the unfrozen layers"}, ${points.length} steps`;
  if (!suggestions) return `${what}: no suggestion, the loss burst too early`;
  const { valley, steepest } = suggestions;
  return `${what}: valley ${valley.toExponential(1)}, steepest ${steepest.toExponential(1)}`;
}

const download = () =>
  new Command("download")
    .description("save one of a model's files")
    .argument("<model>")
    .argument("<file>", "such as stage-1/model.onnx; `ursa model show` lists them")
    .option("--out <file>", "where to; its own name when left out")
    .addOption(linkOption())
    .addHelpText(
      ...examples(
        "ursa model download mdl_01J… stage-1/model.onnx --out bears.onnx",
        "ursa model download mdl_01J… stage-1/model.onnx --link",
      ),
    )
    .action(async (id: string, file: string, options: { out?: string; link?: true }, command: Command) => {
      const { client, print } = connect(command);
      const [stage = "", name = ""] = file.split("/");
      if (options.link)
        return showLink(command, print, await client.call("createArtifactLink", { params: { id, stage, name } }));
      const response = await client.call("getArtifact", { params: { id, stage, name } });
      await saveResponse(response, options.out ?? name, print);
    });

const cancel = () =>
  new Command("cancel")
    .description("cancel a training run")
    .argument("<model>")
    .addHelpText(...examples("ursa model cancel mdl_01J…"))
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      const record = await client.call("cancelModel", { params: { id } });
      print.answer(record, `${id} ${record.state}`);
    });

const remove = () =>
  new Command("delete")
    .description("delete a model that has ended and that no alias names")
    .argument("<model>")
    .addHelpText(...examples("ursa model delete mdl_01J…"))
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      await client.call("deleteModel", { params: { id } });
      print.answer({ deleted: id }, `${id} deleted`);
    });

// `ursa model`: look at training runs and download what they made.
import type { Model } from "@ursa/contracts/model";
import { Command } from "commander";
import { connect } from "../connect.ts";
import { percent, seconds, table } from "../print.ts";
import { saveResponse } from "../save-response.ts";

export function modelCommand(): Command {
  const command = new Command("model").description("look at models and download them");
  command.addCommand(list());
  command.addCommand(show());
  command.addCommand(download());
  command.addCommand(cancel());
  command.addCommand(remove());
  return command;
}

const list = () =>
  new Command("list").description("list models, newest first").action(async (_options, command: Command) => {
    const { client, print } = connect(command);
    const { items } = await client.call("listModels", { query: { limit: 50 } });
    const rows = items.map((each) => [
      each.id,
      each.state,
      errorOf(each),
      each.dataset.id,
      each.classes.join(", "),
      each.name ?? "",
    ]);
    print.answer(items, table(["id", "state", "error rate", "dataset", "classes", "name"], rows));
  });

const errorOf = (model: Model) => {
  const last = model.epochs.at(-1);
  return last ? `${percent(last.errorRate)}` : "";
};

const show = () =>
  new Command("show")
    .description("a model's recipe, its epochs and its files")
    .argument("<model>")
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      const model = await client.call("getModel", { params: { id } });
      print.answer(model, describeModel(model));
    });

/** The epochs table with the columns of the lesson's recorder, and the interval that says how much to believe them. */
export function describeModel(model: Model): string {
  const error = model.error ? `\n${model.error.message} [${model.error.code}]` : "";
  const head = `${model.id}  ${model.state}  ${model.recipe.backbone} at ${model.recipe.size} px on ${model.dataset.id}${error}`;
  const rows = model.epochs.map((row) => [
    row.stage,
    String(row.epoch),
    ...[row.trainLoss, row.trainLossEval, row.validLoss].map((loss) => loss.toFixed(4)),
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
  return [head, ...(rows.length > 0 ? ["", epochs] : []), ...(files.length > 0 ? ["", ...files] : [])].join("\n");
}

const download = () =>
  new Command("download")
    .description("save one of a model's files")
    .argument("<model>")
    .argument("<file>", "such as stage-1/model.onnx; `ursa model show` lists them")
    .option("--out <file>", "where to; its own name when left out")
    .action(async (id: string, file: string, options: { out?: string }, command: Command) => {
      const { client, print } = connect(command);
      const [stage = "", name = ""] = file.split("/");
      const response = await client.call("getArtifact", { params: { id, stage, name } });
      await saveResponse(response, options.out ?? name, print);
    });

const cancel = () =>
  new Command("cancel")
    .description("cancel a training run")
    .argument("<model>")
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      const record = await client.call("cancelModel", { params: { id } });
      print.answer(record, `${id} ${record.state}`);
    });

const remove = () =>
  new Command("delete")
    .description("delete a model that has ended and that no alias names")
    .argument("<model>")
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      await client.call("deleteModel", { params: { id } });
      print.answer({ deleted: id }, `${id} deleted`);
    });

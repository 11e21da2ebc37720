// `ursa alias`: movable names of models.
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { table } from "../print.ts";

export function aliasCommand(): Command {
  const command = new Command("alias")
    .description("movable names of models, such as bears@production")
    .addHelpText(
      ...examples("ursa alias set bears@production mdl_01J…", "ursa classify photo.jpg --model bears@production"),
    );
  for (const child of [list(), show(), set(), remove()]) command.addCommand(child);
  return command;
}

const list = () =>
  new Command("list")
    .description("list aliases")
    .addHelpText(...examples("ursa alias list"))
    .action(async (_options, command: Command) => {
      const { client, print } = connect(command);
      const { items } = await client.call("listAliases", {});
      const rows = items.map((each) => [each.name, each.model, each.default ? "default" : "", each.updatedAt]);
      print.answer(items, table(["alias", "model", "", "moved"], rows));
    });

const show = () =>
  new Command("show")
    .description("what an alias names")
    .argument("<alias>")
    .addHelpText(...examples("ursa alias show bears@production"))
    .action(async (name: string, _options, command: Command) => {
      const { client, print } = connect(command);
      const alias = await client.call("getAlias", { params: { name } });
      print.answer(alias, `${alias.name} is ${alias.model}${alias.default ? " (default)" : ""}`);
    });

const set = () =>
  new Command("set")
    .description("point an alias at a model; the first alias becomes the default")
    .argument("<alias>")
    .argument("<model>")
    .option("--default", "also make it the one used where no model is named")
    .addHelpText(...examples("ursa alias set bears@production mdl_01J… --default"))
    .action(async (name: string, model: string, options: { default?: boolean }, command: Command) => {
      const { client, print } = connect(command);
      const alias = await client.call("putAlias", { params: { name }, body: { model, ...options } });
      print.answer(alias, `${alias.name} is ${alias.model}${alias.default ? " (default)" : ""}`);
    });

const remove = () =>
  new Command("delete")
    .description("delete an alias; the model stays")
    .argument("<alias>")
    .addHelpText(...examples("ursa alias delete bears@production"))
    .action(async (name: string, _options, command: Command) => {
      const { client, print } = connect(command);
      await client.call("deleteAlias", { params: { name } });
      print.answer({ deleted: name }, `${name} deleted`);
    });

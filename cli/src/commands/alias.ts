// `ursa alias`: movable names of models.
import { type Alias, DEFAULT_RATE_PER_MINUTE } from "@ursa/contracts/alias";
import type { ArgumentsOf } from "@ursa/contracts/client";
import { Command, Option } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import { number } from "../number.ts";
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
      const rows = items.map((each) => [
        each.name,
        each.model,
        each.default ? "default" : "",
        each.public ? "public" : "",
        each.updatedAt,
      ]);
      print.answer(items, table(["alias", "model", "", "", "changed"], rows));
    });

const show = () =>
  new Command("show")
    .description("what an alias names")
    .argument("<alias>")
    .addHelpText(...examples("ursa alias show bears@production"))
    .action(async (name: string, _options, command: Command) => {
      const { client, print } = connect(command);
      const alias = await client.call("getAlias", { params: { name } });
      print.answer(alias, describe(alias, command.optsWithGlobals<{ url: string }>().url));
    });

type SetOptions = { default?: boolean; public?: boolean; private?: boolean; origin?: string[]; rate?: number };

const set = () =>
  new Command("set")
    .description("point an alias at a model, or make it public or private; the first alias becomes the default")
    .argument("<alias>")
    .argument("[model]", "may be left out of an alias that exists: it keeps its model")
    .option("--default", "also make it the one used where no model is named")
    .option("--public", "give it a page of its own, on which anybody may classify pictures without a key")
    .option("--origin <site...>", "with --public: other sites whose pages may ask too, such as https://example.org")
    .option("--rate <n>", `with --public: requests a minute from one address (${DEFAULT_RATE_PER_MINUTE})`, number)
    .addOption(new Option("--private", "take that page away again").conflicts(["public", "origin", "rate"]))
    .addHelpText(
      ...examples(
        "ursa alias set bears@production mdl_01J… --default",
        "ursa alias set bears@production --public --origin https://example.org --rate 30",
        "ursa alias set bears@production --private",
      ),
    )
    .action(async (name: string, model: string | undefined, options: SetOptions, command: Command) => {
      const { client, print } = connect(command);
      const body = { ...(model ? { model } : {}), default: options.default, ...accessOf(options) };
      const alias = await client.call("putAlias", { params: { name }, body });
      print.answer(alias, describe(alias, command.optsWithGlobals<{ url: string }>().url));
    });

function accessOf(options: SetOptions): Pick<ArgumentsOf<"putAlias">["body"], "public"> {
  if (options.private) return { public: null };
  if (options.public) return { public: { origins: options.origin ?? [], ratePerMinute: options.rate } };
  if (options.origin || options.rate) throw new Failure("--origin and --rate go with --public.");
  return {};
}

/** @param url where the API is reached from here, which is where a person opens the page */
function describe({ name, namespace, model, public: access, ...alias }: Alias, url: string): string {
  const named = `${name} is ${model}${alias.default ? " (default)" : ""}`;
  if (!access) return named;
  const others = access.origins.length > 0 ? `; also from pages of ${access.origins.join(", ")}` : "";
  const page = `${url.replace(/\/+$/, "")}/p/${namespace}/${name}`;
  return `${named}\npublic at ${page}: ${access.ratePerMinute} requests a minute from one address${others}`;
}

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

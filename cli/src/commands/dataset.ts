// `ursa dataset`: URL lists or pictures in, a clean and split dataset out.
import { type ItemOutcome, itemOutcomeSchema } from "@ursa/contracts/outcomes";
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { followDataset } from "../follow-dataset.ts";
import { namingPaths, openLists, uploadLists } from "../lists.ts";
import { noteCommand } from "../note-command.ts";
import { number } from "../number.ts";
import { DEFAULT_LIMIT, type PageQuery, readPages, readRecords } from "../pages.ts";
import { table } from "../print.ts";
import { saveResponse } from "../save-response.ts";
import { showCommand } from "./dataset-show.ts";
import { versionCommands } from "./dataset-versions.ts";
import { snippetCommand } from "./snippet.ts";

export function datasetCommand(): Command {
  const command = new Command("dataset")
    .description("make and look at datasets")
    .addHelpText(...examples("ursa dataset create urls_black.txt urls_grizzly.txt", "ursa dataset show ds_01J…"));
  const children = [
    create(),
    snippetCommand(),
    list(),
    showCommand(),
    items(),
    report(),
    ...versionCommands(),
    noteCommand("dataset"),
    cancel(),
    remove(),
  ];
  for (const child of children) command.addCommand(child);
  return command;
}

type CreateOptions = {
  name?: string;
  maxImages?: number;
  validFraction?: number;
  splitSeed?: number;
  maxFailedFraction?: number;
  detach?: boolean;
};

const create = () =>
  new Command("create")
    .description("make a dataset from URL lists, or from pictures in folders named by their classes")
    .argument(
      "<list...>",
      "files or folders of URL lists; CLASS=FILE names the class, else it is each row's label or the file's name without urls_; or a zip, a tar or a folder of pictures",
    )
    .option("--name <name>", "a name for people")
    .option("--max-images <n>", "per class, take the first N listed", number)
    .option("--valid-fraction <f>", "part of each class kept for validation (0.2)", number)
    .option("--split-seed <n>", "seed of the split (42): keep it to compare runs", number)
    .option(
      "--max-failed-fraction <f>",
      "fail when more of a class than this cannot be used (0.5); 1 accepts anything",
      number,
    )
    .option("--detach", "do not wait for it")
    .addHelpText(
      "after",
      `
Examples:
  $ ursa dataset create urls_black.txt urls_grizzly.txt urls_teddys.txt
  $ ursa dataset create lists/ --max-images 200
  $ ursa dataset create black=a.txt grizzly=b.csv
  $ ursa dataset create bears.zip
Lists in folders named train, valid and test keep to that side of the split, as do pictures in such folders.`,
    )
    .action(async (files: string[], options: CreateOptions, command: Command) => {
      const session = connect(command);
      const lists = await uploadLists(session, await openLists(files));
      const { name, detach, ...rest } = options;
      const body = { sources: lists.map(({ source }) => source), options: rest, ...(name ? { name } : {}) };
      const created = await namingPaths(lists, () => session.client.call("createDataset", { body }));
      session.print.note(
        `${created.id}: ${created.listed} ${created.archives ? "pictures" : "URLs"} in ${created.classes.length} classes`,
      );
      if (detach) return session.print.answer(created, created.id);
      await followDataset(session, created.id);
    });

const list = () =>
  new Command("list")
    .description("list datasets, newest first")
    .option("--all", "all of them, not the newest 50")
    .addHelpText(...examples("ursa dataset list", "ursa dataset list --all --json"))
    .action(async ({ all }: { all?: boolean }, command: Command) => {
      const { client, print } = connect(command);
      const found = await readRecords((query) => client.call("listDatasets", { query }), { all, print });
      const rows = found.map((each) => [
        each.id,
        each.state,
        String(each.listed),
        String(each.counts?.outcomes.ok ?? ""),
        each.classes.join(", "),
        each.name ?? "",
      ]);
      print.answer(found, table(["id", "state", "listed", "ok", "classes", "name"], rows));
    });

type ItemOptions = {
  class?: string;
  split?: "train" | "valid" | "test";
  outcome?: ItemOutcome;
  limit: number;
  all?: boolean;
};

/** The most items that the route gives at once. */
const ITEMS_AT_ONCE = 1000;

const items = () =>
  new Command("items")
    .description("list items, filtered")
    .argument("<dataset>")
    .option("--class <class>")
    .option("--split <split>", "train, valid or test")
    .option("--outcome <outcome>", `one of ${itemOutcomeSchema.options.join(", ")}`)
    .option("--limit <n>", "how many", number, DEFAULT_LIMIT)
    .option("--all", "all of them")
    .addHelpText(
      ...examples(
        "ursa dataset items ds_01J… --outcome failed",
        "ursa dataset items ds_01J… --class grizzly --split valid --all --json",
      ),
    )
    .action(async (id: string, { all, limit, ...filter }: ItemOptions, command: Command) => {
      const { client, print } = connect(command);
      const read = (page: PageQuery) => client.call("listItems", { params: { id }, query: { ...filter, ...page } });
      const wanted = { limit: all ? Number.POSITIVE_INFINITY : limit, pageSize: ITEMS_AT_ONCE };
      const { items: found, hasMore } = await readPages(read, wanted);
      if (hasMore) print.note(`These are the first ${found.length}; --limit or --all shows more.`);
      const rows = found.map((item) => [
        item.key,
        item.class,
        item.outcome,
        item.split ?? "",
        item.url,
        item.reason ?? "",
      ]);
      print.answer(found, table(["key", "class", "outcome", "split", "url", "reason"], rows));
    });

const report = () =>
  new Command("report")
    .description("save one CSV row per listed URL, with its outcome and reason")
    .argument("<dataset>")
    .option("--out <file>", "where to; standard output when left out")
    .addHelpText(...examples("ursa dataset report ds_01J… --out report.csv"))
    .action(async (id: string, options: { out?: string }, command: Command) => {
      const { client, print } = connect(command);
      await saveResponse(await client.call("getReport", { params: { id } }), options.out, print);
    });

const cancel = () =>
  new Command("cancel")
    .description("cancel a dataset that is being made")
    .argument("<dataset>")
    .addHelpText(...examples("ursa dataset cancel ds_01J…"))
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      const record = await client.call("cancelDataset", { params: { id } });
      print.answer(record, `${id} ${record.state}`);
    });

const remove = () =>
  new Command("delete")
    .description("delete a dataset that has ended, and that no model or later version was made of")
    .argument("<dataset>")
    .addHelpText(...examples("ursa dataset delete ds_01J…"))
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      await client.call("deleteDataset", { params: { id } });
      print.answer({ deleted: id }, `${id} deleted`);
    });

// `ursa dataset edit`, `commit`, `add`, `retry` and `diff`: new versions of a dataset, from what a person says of its items or from more URLs.
import type { Dataset } from "@ursa/contracts/dataset";
import { CHANGES, type DatasetDiff } from "@ursa/contracts/diff";
import { type Draft, EDIT_ACTIONS, type Edit } from "@ursa/contracts/edits";
import { Command } from "commander";
import { connect, type Session } from "../connect.ts";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import { followDataset } from "../follow-dataset.ts";
import { namingPaths, openLists, uploadLists } from "../lists.ts";
import { type PageQuery, readPages } from "../pages.ts";
import { table } from "../print.ts";

export const versionCommands = (): Command[] => [edit(), commit(), add(), retry(), diff()];

type EditOptions = {
  keep?: string[];
  delete?: string[];
  relabel?: string[];
  restore?: string[];
  same?: string[];
  newClasses?: boolean;
  discard?: boolean;
};

const edit = () =>
  new Command("edit")
    .description("say of items what they are, for the next version; without an option, show what was said")
    .argument("<dataset>")
    .option("--keep <key...>", "looked at, and right as it is")
    .option("--delete <key...>", "not to be used")
    .option("--relabel <key=class...>", "of another class")
    .option("--restore <key...>", "as it is in this version; or back from removed or label_conflict")
    .option("--same <key=other...>", "the same picture as another item, which stays")
    .option("--new-classes", "--relabel may name a class that the dataset does not have")
    .option("--discard", "forget what was said and is not committed")
    .addHelpText(
      ...examples("ursa dataset edit ds_01J… --delete 12 40 --relabel 7=teddy", "ursa dataset edit ds_01J… --discard"),
    )
    .action(async (id: string, options: EditOptions, command: Command) => {
      const { client, print } = connect(command);
      const params = { id };
      if (options.discard) {
        await client.call("discardDraft", { params });
        return print.answer({ discarded: id }, `the edits of ${id} that were not committed are gone`);
      }
      const edits = editsOf(options);
      const draft = edits.length
        ? await client.call("editDataset", { params, body: { edits, allowNewClasses: options.newClasses ?? false } })
        : await client.call("getDraft", { params });
      print.answer(draft, describeDraft(draft));
    });

/** @throws Failure for a value that lacks its `=` */
export function editsOf(options: EditOptions): Edit[] {
  const plain = (["keep", "delete", "restore"] as const).flatMap((action) =>
    (options[action] ?? []).map((key): Edit => ({ action, key })),
  );
  const relabelled = pairs("--relabel", options.relabel).map(
    ([key, name]): Edit => ({ action: "relabel", key, class: name }),
  );
  const same = pairs("--same", options.same).map(([key, of]): Edit => ({ action: "same", key, of }));
  return [...plain, ...relabelled, ...same];
}

function pairs(option: string, values: readonly string[] = []): [string, string][] {
  return values.map((value) => {
    const [, key, right] = /^(\d+)=(.+)$/.exec(value) ?? [];
    if (key === undefined || right === undefined)
      throw new Failure(`${option}: expected an item's key, = and what it is, like 7=teddy, got ${value}`, {
        exitCode: 2,
      });
    return [key, right];
  });
}

/** What was said last stands last. */
export function describeDraft({ dataset, counts, edits }: Draft): string {
  if (edits.length === 0) return `${dataset} has no edits that are not committed`;
  const counted = EDIT_ACTIONS.flatMap((action) => (counts[action] ? `${counts[action]} ${action}` : []));
  const rows = edits.map(({ key, action, class: name, of, by, at }) => [key, action, name ?? of ?? "", by ?? "", at]);
  return `${table(["key", "action", "what", "by", "at"], rows)}\n\n${counted.join(", ")}; make them a version with \`ursa dataset commit ${dataset}\``;
}

type MadeOptions = { name?: string; detach?: boolean };

const commit = () =>
  new Command("commit")
    .description("make a new version with the edits")
    .argument("<dataset>")
    .option("--name <name>", "of the new version; the dataset's own when left out")
    .option("--detach", "do not wait for it")
    .addHelpText(...examples("ursa dataset commit ds_01J…"))
    .action(async (id: string, { name, detach }: MadeOptions, command: Command) => {
      const session = connect(command);
      const body = name === undefined ? {} : { name };
      await showVersion(session, await session.client.call("commitDataset", { params: { id }, body }), { detach });
    });

const add = () =>
  new Command("add")
    .description("make a new version with more URLs, or a whole new class; only what is new is fetched")
    .argument("<dataset>")
    .argument("<list...>", "URL lists, archives or folders, as for `ursa dataset create`")
    .option("--name <name>", "of the new version; the dataset's own when left out")
    .option("--detach", "do not wait for it")
    .addHelpText(...examples("ursa dataset add ds_01J… urls_polar.txt", "ursa dataset add ds_01J… black=more.txt"))
    .action(async (id: string, files: string[], { name, detach }: MadeOptions, command: Command) => {
      const session = connect(command);
      const lists = await uploadLists(session, await openLists(files));
      const body = { sources: lists.map(({ source }) => source), ...(name === undefined ? {} : { name }) };
      const made = await namingPaths(lists, () => session.client.call("addToDataset", { params: { id }, body }));
      await showVersion(session, made, { detach });
    });

const retry = () =>
  new Command("retry")
    .description("make a new version by fetching once more what failed")
    .argument("<dataset>")
    .option("--name <name>", "of the new version; the dataset's own when left out")
    .option("--detach", "do not wait for it")
    .addHelpText(...examples("ursa dataset retry ds_01J…"))
    .action(async (id: string, { name, detach }: MadeOptions, command: Command) => {
      const session = connect(command);
      const body = name === undefined ? {} : { name };
      await showVersion(session, await session.client.call("retryDataset", { params: { id }, body }), { detach });
    });

async function showVersion(
  session: Session,
  made: Dataset,
  { detach }: { detach: boolean | undefined },
): Promise<void> {
  session.print.note(`${made.id}: version ${made.version}, made of ${made.parent?.id}`);
  if (detach) return session.print.answer(made, made.id);
  await followDataset(session, made.id);
}

/** The most that the route gives at once. */
const CHANGED_AT_ONCE = 1000;

const diff = () =>
  new Command("diff")
    .description("what came, went and changed its class from one version to another")
    .argument("<dataset>", "the earlier one; alone, the later one, which is compared with its parent")
    .argument("[later]")
    .addHelpText(...examples("ursa dataset diff ds_01J…", "ursa dataset diff ds_01J… ds_01K… --json"))
    .action(async (given: string, later: string | undefined, _options, command: Command) => {
      const { client, print } = connect(command);
      const params = { id: later ?? given };
      const pages: DatasetDiff[] = [];
      const read = async (page: PageQuery) => {
        const query = { ...page, ...(later === undefined ? {} : { from: given }) };
        const found = await client.call("diffDataset", { params, query });
        pages.push(found);
        return found;
      };
      const { items } = await readPages(read, { limit: Number.POSITIVE_INFINITY, pageSize: CHANGED_AT_ONCE });
      for (const { from, to, counts } of pages.slice(-1)) {
        const whole = { from, to, counts, items };
        print.answer(whole, describeDiff(whole));
      }
    });

export function describeDiff({ from, to, counts, items }: DatasetDiff): string {
  const counted = CHANGES.map((change) => `${counts[change]} ${change}`).join(", ");
  const head = `${from.id} (version ${from.version}) to ${to.id} (version ${to.version}): ${counted}`;
  if (items.length === 0) return head;
  const rows = items.map(({ key, change, class: name, was, reason, url }) => [
    ...[key, change, was ? `${was} → ${name}` : name],
    ...[reason ?? "", url],
  ]);
  return `${head}\n\n${table(["key", "change", "class", "reason", "url"], rows)}`;
}

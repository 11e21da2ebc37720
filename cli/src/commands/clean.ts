// `ursa clean`: what is worth a look in a dataset, before or after a model is trained on it.
import type { Client } from "@ursa/contracts/client";
import { splitSchema } from "@ursa/contracts/dataset";
import type { Inspection } from "@ursa/contracts/inspection";
import { type Suspect, type Suspicion, suspicionSchema } from "@ursa/contracts/suspect";
import { Command, Option } from "commander";
import { connect } from "../connect.ts";
import { cleanPage, describeFound } from "../describe-inspection.ts";
import { examples } from "../examples.ts";
import { follow } from "../follow.ts";
import { number } from "../number.ts";
import { hasScreen, openPage } from "../open-page.ts";
import { readPages } from "../pages.ts";

type CleanOptions = {
  reason?: Suspicion;
  class?: string;
  split?: (typeof splitSchema.options)[number];
  top: number;
  again?: boolean;
  open: boolean;
  detach?: boolean;
};

const HELP = `
Labels are judged by a head that was fitted without the picture (five folds) on features of the pretrained body, so no model needs
to be trained before. A dataset never changes, so what was found is found again at once; --again looks anew. Nothing is changed.`;

export function cleanCommand(): Command {
  return new Command("clean")
    .description("what is worth a look in a dataset: wrong labels, near-duplicates, leaks, off-topic and poor pictures")
    .argument("<dataset>")
    .addOption(new Option("--reason <reason>", "only what is suspected of this").choices(suspicionSchema.options))
    .option("--class <class>", "only of this class")
    .addOption(new Option("--split <split>", "only of this side").choices(splitSchema.options))
    .option("--top <count>", "how many to list", number, 30)
    .option("--again", "look again, also where it is known already")
    .option("--no-open", "do not open the page on which they are decided; only a terminal on a screen opens it")
    .option("--detach", "do not wait for it")
    .addHelpText("after", HELP)
    .addHelpText(
      ...examples("ursa clean ds_01J…", "ursa clean ds_01J… --reason label --class teddy", "ursa clean ds_01J… --json"),
    )
    .action(clean);
}

async function clean(dataset: string, options: CleanOptions, command: Command): Promise<void> {
  const session = connect(command);
  const { client, print } = session;
  const known = options.again ? undefined : await findInspection(client, dataset);
  const inspection = known ?? (await client.call("createInspection", { body: { dataset } }));
  const { id } = inspection;
  print.note(`${id}: ${known ? `of ${inspection.createdAt}` : "looking"} at ${dataset}`);
  const { url } = command.optsWithGlobals<{ url: string }>();
  const page = cleanPage(url, dataset);
  if (options.detach) {
    print.note(`Look at it later with \`ursa inspection show ${id}\`, or at ${page}`);
    return print.answer(inspection, id);
  }
  if (inspection.state !== "ready") await follow(session, "inspection", id);
  await showFound(session, { ...options, id, url });
  if (options.open && !print.isJson && hasScreen()) print.note(await openPage(page));
}

/** The newest that has not failed: a dataset never changes. */
async function findInspection(client: Client, dataset: string): Promise<Inspection | undefined> {
  const { items } = await readPages((query) => client.call("listInspections", { query }), {
    ...{ limit: SEARCHED, pageSize: 200 },
  });
  return items.find((each) => each.dataset.id === dataset && !["failed", "cancelled"].includes(each.state));
}
/** Inspections looked through for one of the same dataset. */
const SEARCHED = 1000;

type Filter = Pick<CleanOptions, "reason" | "class" | "split" | "top">;
type Session = Pick<ReturnType<typeof connect>, "client" | "print">;

/** Prints what passes the filter. As JSON: the result, with the list so filtered. */
export async function showFound(
  { client, print }: Session,
  { id, url, reason, class: name, split, top }: Filter & { id: string; url: string },
): Promise<void> {
  const result = await client.call("getInspectionResult", { params: { id } });
  const passes = (suspect: Suspect) =>
    (!reason || suspect.reasons.some(({ suspicion }) => suspicion === reason)) &&
    (!name || suspect.class === name) &&
    (!split || suspect.split === split);
  const suspects = result.worthALook.filter(passes);
  print.answer({ ...result, worthALook: suspects }, describeFound(result, { suspects, top, url }));
}

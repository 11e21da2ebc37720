// `ursa reconcile`, `gc`, `drain`, `backup` and `restore`: what an operator does to an installation, on this machine or a cluster.
import { openAsBlob } from "node:fs";
import { type Garbage, MIN_GARBAGE_AGE_S } from "@ursa/contracts/operations";
import { QUEUE_NAMES, type QueueName } from "@ursa/contracts/queues";
import { Command, InvalidArgumentError, Option } from "commander";
import { parseAge } from "../age.ts";
import { connect } from "../connect.ts";
import { describeQueues } from "../describe-queues.ts";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import { megabytes, table } from "../print.ts";
import { saveResponse } from "../save-response.ts";

export const reconcileCommand = () =>
  new Command("reconcile")
    .description("enqueue what is unfinished and has no job, now; the API does so twice a minute by itself")
    .addHelpText(...examples("ursa reconcile"))
    .action(async (_options, command: Command) => {
      const { client, print, signal } = connect(command);
      const { enqueued } = await client.call("reconcile", { signal });
      const text =
        enqueued.length > 0 ? `Enqueued again: ${enqueued.join(", ")}.` : "Everything unfinished has its job.";
      print.answer({ enqueued }, text);
    });

type GcOptions = { olderThan: number; yes?: boolean };

export const gcCommand = () =>
  new Command("gc")
    .description("show what nothing needs any more: pictures, uploads, checkpoints, leftovers; delete it with --yes")
    .addOption(
      new Option("--older-than <age>", "only what is older, such as 36h or 30d; at least 1h")
        .argParser(garbageAge)
        .default(7 * 86_400, "7d"),
    )
    .option("--yes", "delete it; what running jobs may need is left alone")
    .addHelpText(...examples("ursa gc", "ursa gc --older-than 30d --yes"))
    .action(async ({ olderThan, yes }: GcOptions, command: Command) => {
      const { client, print, signal } = connect(command);
      if (yes) print.note("Waiting for shards that are being fetched, then deleting …");
      const body = { dryRun: !yes, olderThanSeconds: olderThan };
      const garbage: Garbage[] = [];
      let isWhole = false;
      for await (const { data } of await client.call("collectGarbage", { body, signal })) {
        if (data.type === "done") isWhole = true;
        else garbage.push(data.garbage);
      }
      print.answer({ dryRun: !yes, garbage }, describeGarbage(garbage, !yes));
      if (!isWhole) throw new Failure("That is not all: it was cut short, and the API's log says why. Ask again.");
    });

function garbageAge(text: string): number {
  const seconds = parseAge(text);
  if (seconds >= MIN_GARBAGE_AGE_S) return seconds;
  throw new InvalidArgumentError("at least 1h: what names an object may take a while to be written");
}

function describeGarbage(garbage: Garbage[], isDryRun: boolean): string {
  if (garbage.length === 0) return "There is nothing to delete.";
  const rows = garbage.map(({ kind, namespace, objects, bytes, examples: [first = ""] }) => [
    ...[kind, namespace, String(objects), megabytes(bytes), first],
  ]);
  const skipped = garbage.flatMap(({ kind, namespace, skipped: why }) =>
    why ? [`${kind} of ${namespace} were left alone: ${why}`] : [],
  );
  const total = megabytes(garbage.reduce((sum, { bytes }) => sum + bytes, 0));
  const end = isDryRun ? `${total} could be deleted; --yes does it.` : `${total} deleted.`;
  return [table(["what", "namespace", "objects", "size", "such as"], rows), "", ...skipped, end].join("\n");
}

type DrainOptions = { resume?: boolean; queue?: QueueName[] };

export const drainCommand = () =>
  new Command("drain")
    .description(
      "let workers finish what they have and take nothing new, as before an upgrade; new work is accepted and waits",
    )
    .option("--resume", "let them take jobs again")
    .addOption(new Option("--queue <name...>", "only these").choices(QUEUE_NAMES))
    .addHelpText(...examples("ursa drain", "ursa drain --queue train", "ursa drain --resume"))
    .action(async ({ resume, queue }: DrainOptions, command: Command) => {
      const { client, print } = connect(command);
      const body = { paused: !resume, ...(queue ? { queues: queue } : {}) };
      const status = await client.call("drain", { body });
      const active = status.queues.reduce((sum, each) => sum + each.active, 0);
      const left =
        active > 0 ? `${active} jobs are still at work; \`ursa status --watch\` shows them end.` : "No job is at work.";
      const said = resume ? "Workers take jobs again." : `Workers take no new jobs. ${left}`;
      print.answer(status, `${said}\n\n${describeQueues(status.queues)}`);
    });

export const backupCommand = () =>
  new Command("backup")
    .description(
      "save all records (datasets, models, aliases, predictions, keys' hashes) to a file; pictures and weights stay in the store",
    )
    .argument("<file>")
    .addHelpText(...examples("ursa backup ursa-records.jsonl"))
    .action(async (file: string, _options, command: Command) => {
      const { client, print, signal } = connect(command);
      await saveResponse(await client.call("backup", { signal }), file, print);
    });

export const restoreCommand = () =>
  new Command("restore")
    .description("write the records of a backup beside the store's pictures and weights; newer records stay")
    .argument("<file>")
    .option("--overwrite", "also over records that are newer than those of the backup")
    .addHelpText(...examples("ursa restore ursa-records.jsonl"))
    .action(async (file: string, { overwrite = false }: { overwrite?: boolean }, command: Command) => {
      const { client, print, signal } = connect(command);
      const body = await openBackup(file);
      print.note(`Restoring ${megabytes(body.size)} of records …`);
      const told = await client.call("restore", { body, query: { overwrite: String(overwrite) }, signal });
      const kept =
        told.kept.length > 0 ? [`Left alone, as they are newer or do not say: ${told.kept.join(", ")}.`] : [];
      print.answer(told, [`${told.restored} records restored, ${told.same} were there just so.`, ...kept].join("\n"));
    });

/** openAsBlob throws at once what is not there. */
async function openBackup(file: string): Promise<Blob> {
  try {
    return await openAsBlob(file);
  } catch (cause) {
    throw new Failure(`${file} cannot be read; give the file that \`ursa backup\` wrote.`, { cause });
  }
}

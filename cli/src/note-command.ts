// `ursa dataset note` and `ursa model note`: what a person writes on them.
import { Command } from "commander";
import { connect } from "./connect.ts";
import { examples } from "./examples.ts";
import { Failure } from "./failure.ts";

const ROUTES = {
  dataset: { example: "ds_01J…", route: "describeDataset" },
  model: { example: "mdl_01J…", route: "describeModel" },
} as const;

type NoteOptions = { name?: string; clear?: boolean };

export const noteCommand = (kind: keyof typeof ROUTES): Command =>
  new Command("note")
    .description(`write a note on a ${kind}, or name it; the note before is replaced`)
    .argument(`<${kind}>`)
    .argument("[text...]", "the note")
    .option("--name <name>", "its name")
    .option("--clear", "take the note away")
    .addHelpText(
      ...examples(
        `ursa ${kind} note ${ROUTES[kind].example} labels checked twice`,
        `ursa ${kind} note ${ROUTES[kind].example} --name bears`,
      ),
    )
    .action(async (id: string, words: string[], options: NoteOptions, command: Command) => {
      const { client, print } = connect(command);
      const body = bodyOf(words, options);
      const record = await client.call(ROUTES[kind].route, { params: { id }, body });
      print.answer(record, [id, record.name, record.note].filter((part) => part !== undefined).join("\n"));
    });

/** @throws Failure when there is nothing to write */
export function bodyOf(words: readonly string[], { name, clear }: NoteOptions) {
  if (words.length === 0 && name === undefined && !clear)
    throw new Failure("What is the note? Give a text, --name or --clear.", { exitCode: 2 });
  const note = clear ? { note: null } : words.length > 0 ? { note: words.join(" ") } : {};
  return { ...note, ...(name === undefined ? {} : { name }) };
}

// `ursa bench NAME`: honest numbers, each side by side with a limit or a peer. The programs are in bench/.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";

const BENCH = new URL("../../../bench/", import.meta.url);
const ENDING = ".bench.ts";

export function benchCommand(): Command {
  return new Command("bench")
    .description("measure; without a name, list what can be measured")
    .argument("[name]")
    .argument("[arguments...]", "passed to the bench")
    .allowUnknownOption()
    .addHelpText(
      ...examples(
        "ursa bench",
        "ursa bench classify photo.jpg",
        "ursa bench bears ~/pictures/bears 5",
        "ursa bench scale",
      ),
    )
    .action(async function (this: Command, name: string | undefined, rest: string[]) {
      const names = (await readdir(BENCH))
        .filter((file) => file.endsWith(ENDING))
        .map((file) => file.slice(0, -ENDING.length));
      if (name === undefined) return void process.stdout.write(`${names.join("\n")}\n`);
      if (!names.includes(name))
        throw new Failure(`There is no bench ${name}; there are: ${names.join(", ")}.`, { exitCode: 2 });
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL(`${name}${ENDING}`, BENCH)), ...passedOn(rest, this)],
        {
          stdio: "inherit",
        },
      );
      const [code] = await once(child, "exit");
      process.exitCode = code ?? 1;
    });
}

/** `--json` is every command's option, so commander keeps it; the bench has to hear of it all the same. */
export function passedOn(rest: readonly string[], command: Command): string[] {
  const { json } = command.optsWithGlobals<{ json?: boolean }>();
  return json ? [...rest, "--json"] : [...rest];
}

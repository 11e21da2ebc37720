// The tree of commands: each explains itself with an example that can be typed.
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { createProgram } from "./program.ts";

const tree = (command: Command): Command[] => [command, ...command.commands.flatMap(tree)];
const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

const all = tree(createProgram()).map((command) => ({ path: pathOf(command), command }));

test.each(all)("$path --help describes it and has an example", ({ path, command }) => {
  expect(command.description()).not.toBe("");
  const typed = [...helpOf(command).matchAll(/^ {2}\$ (?:.*\| )?(ursa.*)$/gm)].map(([, line]) => line ?? "");
  // A noun's example may be that of one of its commands.
  expect(
    typed.some((line) => line.startsWith("ursa") && line.includes(command.name())),
    path,
  ).toBe(true);
});

test.each(all)("every example of $path is a command with options that exist", ({ command }) => {
  for (const [, line = ""] of helpOf(command).matchAll(/^ {2}\$ ursa(.*?)(?: \||$)/gm)) {
    const words = line
      .replace(/^ --url \S+/, "")
      .split(/\s+/)
      .filter(Boolean);
    const [noun, verb] = words;
    const found = createProgram().commands.find((each) => each.name() === noun);
    const chosen = found?.commands.find((each) => each.name() === verb) ?? found;
    expect(chosen, line).toBeDefined();
    // Of two long names commander calls the first one short.
    const options = [...(chosen?.options ?? []), ...createProgram().options];
    const known = options.flatMap(({ short, long }) => [short, long]);
    for (const option of words.filter((word) => word.startsWith("--"))) expect(known, line).toContain(option);
  }
});

test("--version is the package's", async () => {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  let text = "";
  const program = createProgram().configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  await expect(program.parseAsync(["--version"], { from: "user" })).rejects.toMatchObject({ exitCode: 0 });
  expect(text).toBe(`${manifest.version}\n`);
});

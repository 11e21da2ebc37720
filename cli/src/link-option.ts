// `--link`: in the place of a file, an address that others download it from without a key.
import { absoluteLink, type Link } from "@ursa/contracts/link";
import { type Command, Option } from "commander";
import type { Printer } from "./print.ts";

export const linkOption = () =>
  new Option("--link", "print an address in its place, from which anybody downloads it within five minutes").conflicts(
    "out",
  );

export function showLink(command: Command, print: Printer, link: Link): void {
  const url = absoluteLink(link, command.optsWithGlobals<{ url: string }>().url);
  print.note(`Whoever has it needs no key, until ${link.expiresAt}:`);
  print.answer({ ...link, url }, url);
}

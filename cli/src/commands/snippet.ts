// `ursa dataset snippet`: what to paste into a browser's console on a page of search results.
import { CONSOLE_KEYS, IMAGE_SNIPPET } from "@ursa/contracts/image-snippet";
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";

export const snippetCommand = () =>
  new Command("snippet")
    .description("print what lists the pictures of a page of search results, in a browser's console")
    .addHelpText(...examples("ursa dataset snippet", "ursa dataset snippet | xclip -selection clipboard"))
    .action((_options, command: Command) => {
      const { print } = connect(command);
      print.note("Search for pictures of one class, scroll down until enough are shown, and open the console there:");
      for (const { browser, keys, mac, note } of CONSOLE_KEYS)
        print.note(`  ${browser}: ${keys ? `${keys}, on a Mac ` : ""}${mac}, ${note}`);
      print.note("Paste this and press Enter; it saves urls_<words>.txt, for `ursa dataset create`:\n");
      print.answer({ snippet: IMAGE_SNIPPET, keys: CONSOLE_KEYS }, IMAGE_SNIPPET.trimEnd());
    });

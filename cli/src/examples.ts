// The end of a command's help: how it is typed.

/** Spread into `addHelpText`. */
export const examples = (...lines: string[]): ["after", string] => [
  "after",
  `\nExample${lines.length > 1 ? "s" : ""}:\n${lines.map((line) => `  $ ${line}`).join("\n")}`,
];

import { expect, test } from "vitest";
import { createProgram } from "../program.ts";
import { passedOn } from "./bench.ts";

test.each([
  { typed: "bench scale --counts 1,2 --json", heard: ["--counts", "1,2", "--json"] },
  { typed: "--json bench bears folder 5", heard: ["folder", "5", "--json"] },
  { typed: "bench classify photo.jpg", heard: ["photo.jpg"] },
])("of `ursa $typed` the bench hears $heard", async ({ typed, heard }) => {
  const program = createProgram();
  const bench = program.commands.find((each) => each.name() === "bench");
  const told: string[][] = [];
  bench?.action((_name: string, rest: string[], _options, command) => void told.push(passedOn(rest, command)));
  await program.parseAsync(typed.split(" "), { from: "user" });
  expect(told).toEqual([heard]);
});

// The table of docs/configuration.md.
import { expect, test } from "vitest";
import { z } from "zod";
import { commonConfig } from "./config.ts";
import { describeConfig } from "./describe-config.ts";

const port = (value: number) => z.coerce.number().default(value).meta({ description: "Port to listen on" });

test("each variable has one row: its default, who reads it, and what it means", () => {
  const table = describeConfig({
    api: z.object({
      URSA_PORT: port(8080),
      URSA_KEY: z.string().optional().meta({ description: "a|b", secret: true }),
    }),
    trainer: z.object({ URSA_PORT: port(8082) }),
  });
  expect(table).toBe(
    [
      "| Variable | Default | Read by | Meaning |",
      "|---|---|---|---|",
      "| `URSA_PORT` | `8080` (api)<br>`8082` (trainer) | all | Port to listen on |",
      "| `URSA_KEY`<br>`URSA_KEY_FILE` |  | api | a\\|b |",
    ].join("\n"),
  );
});

test("every common variable is described", () => {
  const rows = describeConfig({ api: z.object(commonConfig) })
    .split("\n")
    .slice(2);
  expect(rows).toHaveLength(Object.keys(commonConfig).length);
  for (const row of rows) expect(row.split(" | ").at(-1)?.length).toBeGreaterThan(20);
});

// The table of variables for docs/configuration.md, worked out from the schemas that read them.
import type { z } from "zod";
import { variablesOf } from "./config.ts";

type Row = { meaning: string; isSecret: boolean; defaults: Map<string, string[]> };

/**
 * @param schemas each service's schema, by service name
 * @returns a Markdown table: name, default, who reads it, meaning
 */
export function describeConfig(schemas: Record<string, z.ZodObject>): string {
  const names = Object.keys(schemas);
  const lines = [...rowsOf(schemas)].map(([name, row]) => {
    const readers = [...row.defaults.values()].flat();
    const cells = [
      row.isSecret ? `\`${name}\`<br>\`${name}_FILE\`` : `\`${name}\``,
      describeDefaults(row.defaults),
      readers.length === names.length ? "all" : readers.join(", "),
      row.meaning.replaceAll("|", "\\|"),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| Variable | Default | Read by | Meaning |", "|---|---|---|---|", ...lines].join("\n");
}

function rowsOf(schemas: Record<string, z.ZodObject>): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const [service, schema] of Object.entries(schemas)) {
    for (const [name, variable] of Object.entries(variablesOf(schema))) {
      const row = rows.get(name) ?? {
        meaning: variable.description ?? "",
        isSecret: variable.secret === true,
        defaults: new Map<string, string[]>(),
      };
      const value = defaultOf(variable);
      row.defaults.set(value, [...(row.defaults.get(value) ?? []), service]);
      rows.set(name, row);
    }
  }
  return rows;
}

/** A default that depends on the machine is told by the description ("default: one per core"), not by this machine's value. */
function defaultOf({
  default: value,
  description = "",
}: {
  default?: unknown;
  description?: string | undefined;
}): string {
  return value === undefined || description.includes("default: ") ? "" : `\`${String(value)}\``;
}

/** One default for all who read it, or each with its readers. */
function describeDefaults(defaults: Map<string, string[]>): string {
  if (defaults.size === 1) return [...defaults.keys()].join("");
  return [...defaults].map(([value, services]) => `${value} (${services.join(", ")})`).join("<br>");
}

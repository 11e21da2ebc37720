// The table of variables for docs/configuration.md, worked out from the schemas that read them.
import type { z } from "zod";
import { variablesOf } from "./config.ts";

/** `meanings` and `defaults` are each text with the services that say it. */
type Row = { isSecret: boolean; meanings: Map<string, string[]>; defaults: Map<string, string[]> };

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
      eachWithReaders(row.defaults),
      readers.length === names.length ? "all" : readers.join(", "),
      eachWithReaders(row.meanings).replaceAll("|", "\\|"),
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
        isSecret: variable.secret === true,
        meanings: new Map<string, string[]>(),
        defaults: new Map<string, string[]>(),
      };
      addReader(row.defaults, defaultOf(variable), service);
      addReader(row.meanings, variable.description ?? "", service);
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

const addReader = (texts: Map<string, string[]>, text: string, service: string) =>
  texts.set(text, [...(texts.get(text) ?? []), service]);

/** One text for all who read it, or each with its readers. */
function eachWithReaders(texts: Map<string, string[]>): string {
  if (texts.size === 1) return [...texts.keys()].join("");
  return [...texts].map(([text, services]) => `${text} (${services.join(", ")})`).join("<br>");
}

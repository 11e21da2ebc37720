import type { Term as TermName } from "@ursa/contracts/glossary";
import type { ReactNode } from "react";
import { Term } from "./term.tsx";

export type Column<R> = { name: string; isNumber?: boolean; term?: TermName; cell(row: R): ReactNode };
type Props<R> = { label: string; rows: readonly R[]; columns: Column<R>[]; keyOf(row: R): string };

/** Wider than a phone it scrolls sideways by itself, with the keyboard too. */
export function Table<R>({ label, rows, columns, keyOf }: Props<R>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="scroll" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, isNumber, term }) => (
              <th key={name} scope="col" className={isNumber ? "number" : undefined}>
                {term ? <Term of={term}>{name}</Term> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, isNumber, cell }) => (
                <td key={name} className={isNumber ? "number" : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

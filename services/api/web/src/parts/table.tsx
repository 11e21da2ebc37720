import type { ReactNode } from "react";

export type Column<R> = { name: string; isNumber?: boolean; cell(row: R): ReactNode };
type Props<R> = { label: string; rows: readonly R[]; columns: Column<R>[]; keyOf(row: R): string };

/** Wider than a phone it scrolls sideways by itself, with the keyboard too. */
export function Table<R>({ label, rows, columns, keyOf }: Props<R>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="scroll" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, isNumber }) => (
              <th key={name} scope="col" className={isNumber ? "number" : undefined}>
                {name}
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

import type { ClassCounts } from "@ursa/contracts/dataset";
import type { Outcome } from "@ursa/contracts/outcomes";
import { count, words } from "../wording.ts";
import { type Column, Table } from "./table.tsx";

type Row = Pick<ClassCounts, "class" | "outcomes"> & Partial<ClassCounts>;

/** What became of each class's URLs, and on which side of the split its pictures are. */
export function ClassCountsTable({ classes }: { classes: readonly Row[] }) {
  const outcomes = [...new Set(classes.flatMap((row) => Object.keys(row.outcomes)))].filter((name) => name !== "ok");
  const columns: Column<Row>[] = [
    { name: "class", cell: (row) => row.class },
    ...(classes.some(({ listed }) => listed !== undefined) ? [numbers("listed", (row) => row.listed)] : []),
    numbers("ok", (row) => row.outcomes.ok ?? 0),
    ...sides(classes),
    // Keys of outcome counts are outcomes.
    ...outcomes.map((name) => numbers(words(name), (row) => row.outcomes[name as Outcome])),
  ];
  return <Table label="Classes" rows={classes} keyOf={(row) => row.class} columns={columns} />;
}

function sides(classes: readonly Row[]): Column<Row>[] {
  const names = ["train", "valid", "test"] as const;
  return names.filter((side) => classes.some((row) => row[side])).map((side) => numbers(side, (row) => row[side]));
}

const numbers = (name: string, of: (row: Row) => number | undefined): Column<Row> => ({
  name,
  isNumber: true,
  cell: (row) => {
    const value = of(row);
    return value === undefined ? "" : count(value);
  },
});

// What was measured on the sides of a split, and on each class.
import type { EvaluationResult, Measured } from "@ursa/contracts/evaluation";
import { count, loss, percent } from "../wording.ts";
import { type Column, Table } from "./table.tsx";

type Sides = NonNullable<EvaluationResult["sides"]>;
type SideRow = Measured & { side: string };

const SIDE_COLUMNS: Column<SideRow>[] = [
  { name: "side", cell: ({ side }) => side },
  { name: "pictures", isNumber: true, cell: (row) => count(row.count) },
  { name: "wrong", isNumber: true, cell: ({ wrong }) => count(wrong) },
  { name: "error", isNumber: true, cell: ({ errorRate }) => percent(errorRate) },
  {
    name: "95 % interval",
    isNumber: true,
    cell: (row) => `${percent(row.errorRateLow)} – ${percent(row.errorRateHigh)}`,
  },
  { name: "loss", isNumber: true, cell: (row) => loss(row.loss) },
];

export function SideTable({ sides }: { sides: Sides }) {
  const rows = (["train", "valid", "test"] as const).flatMap((side) => {
    const measured = sides[side];
    return measured ? [{ ...measured, side }] : [];
  });
  return rows.length > 0 ? (
    <Table label="Sides of the split" rows={rows} keyOf={({ side }) => side} columns={SIDE_COLUMNS} />
  ) : null;
}

type ClassRow = Measured["perClass"][number];
const share = (fraction: number | undefined) => (fraction === undefined ? "–" : percent(fraction));

const CLASS_COLUMNS: Column<ClassRow>[] = [
  { name: "class", cell: (row) => row.class },
  { name: "pictures", isNumber: true, cell: (row) => count(row.count) },
  { name: "precision", isNumber: true, cell: ({ precision }) => share(precision) },
  { name: "recall", isNumber: true, cell: ({ recall }) => share(recall) },
  { name: "F1", isNumber: true, cell: ({ f1 }) => share(f1) },
];

export const PerClassTable = ({ measured }: { measured: Measured }) => (
  <>
    <h3>By class</h3>
    <p className="quiet">
      Precision: of the answers that name it, how many are right. Recall: of its pictures, how many are found.
    </p>
    <Table label="By class" rows={measured.perClass} keyOf={(row) => row.class} columns={CLASS_COLUMNS} />
  </>
);

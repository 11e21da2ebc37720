import type { LearningCurve as Curve } from "@ursa/contracts/model";
import { count, percent } from "../wording.ts";
import { type Column, Table } from "./table.tsx";

type Point = Curve[number];

const COLUMNS: Column<Point>[] = [
  { name: "of the training set", term: "training set", isNumber: true, cell: ({ fraction }) => percent(fraction, 0) },
  { name: "pictures", isNumber: true, cell: ({ trainCount }) => count(trainCount) },
  { name: "error", term: "error rate", isNumber: true, cell: ({ wrong, validCount }) => percent(wrong / validCount) },
  { name: "wrong", isNumber: true, cell: ({ wrong, validCount }) => `${wrong} of ${validCount}` },
];

/** Whether more pictures would help, as far as fewer of them did worse. */
export const LearningCurve = ({ curve }: { curve: Curve }) => (
  <section>
    <h2>Would more pictures help?</h2>
    <p className="quiet">
      The head was trained anew on parts of the training pictures, with as many steps each time. Where the error still
      falls from the last part but one to the whole, more pictures are likely to lower it further; where it stays, other
      changes come first. Few wrong answers more or less are chance.
    </p>
    <Table label="Learning curve" rows={curve} keyOf={({ fraction }) => String(fraction)} columns={COLUMNS} />
  </section>
);

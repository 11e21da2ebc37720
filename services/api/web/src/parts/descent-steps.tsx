import { LESSON, type RegressionResult } from "@ursa/contracts/regression";
import { short } from "./descent-settings.ts";
import { type Column, Table } from "./table.tsx";

type Row = { step: number; losses: (number | undefined)[]; heldOutLoss?: number | undefined; parameters: number[] };

/** Every tenth step, as the lesson prints them. */
export function DescentSteps({ results }: { results: RegressionResult[] }) {
  const [first] = results;
  if (!first) return null;
  const printed = first.steps.filter(({ step }, at) => step % LESSON.printEvery === 0 || at === first.steps.length - 1);
  const rows = printed.map(({ step, heldOutLoss, parameters }): Row => {
    return { step, heldOutLoss, parameters, losses: results.map(({ steps }) => steps[step]?.loss) };
  });
  const number = (name: string, cell: (row: Row) => number | undefined): Column<Row> => ({
    ...{ name, isNumber: true },
    cell: (row) => written(cell(row)),
  });
  const columns = [
    number("step", ({ step }) => step),
    number("loss", ({ losses }) => losses[0]),
    ...(results.length > 1 ? [number("by mini-batches", ({ losses }) => losses[1])] : []),
    ...(first.heldOut.length > 0 ? [number("held out", (row) => row.heldOutLoss)] : []),
    ...(first.degree === 1
      ? [number("slope", ({ parameters }) => parameters[0]), number("intercept", ({ parameters }) => parameters[1])]
      : []),
  ];
  return (
    <details>
      <summary>The steps as numbers</summary>
      <Table label="Steps" rows={rows} keyOf={({ step }) => String(step)} columns={columns} />
    </details>
  );
}

const written = (value: number | undefined) => (value === undefined ? "" : short(value));

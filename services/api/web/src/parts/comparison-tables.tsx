// Two models' numbers side by side, and the confusion that came and went.
import type { Compared, ComparisonResult } from "@ursa/contracts/comparison";
import { loss, percent } from "../wording.ts";
import { type Column, Table } from "./table.tsx";

type Row = { what: string; before: string; after: string };

const COLUMNS: Column<Row>[] = [
  { name: "", cell: ({ what }) => what },
  { name: "before", isNumber: true, cell: ({ before }) => before },
  { name: "after", isNumber: true, cell: ({ after }) => after },
];

export function ComparisonTables({ result }: { result: ComparisonResult }) {
  const { before, after } = result;
  const of = (what: string, tell: (side: Compared) => string): Row => ({
    what,
    before: tell(before),
    after: tell(after),
  });
  const rows = [
    of("model", ({ model, stage }) => `${model} ${stage}`),
    of("error", ({ errorRate }) => percent(errorRate)),
    of("wrong", ({ wrong, count }) => `${wrong} of ${count}`),
    of("95 % interval", (side) => `${percent(side.errorRateLow)} – ${percent(side.errorRateHigh)}`),
    of("loss", (side) => loss(side.loss)),
    ...result.classes.map((name, at) => of(`recall of ${name}`, ({ perClass }) => share(perClass[at]?.recall))),
  ];
  return (
    <>
      <Table label="Side by side" rows={rows} keyOf={({ what }) => what} columns={COLUMNS} />
      <ConfusionChange result={result} />
    </>
  );
}

const share = (fraction: number | undefined) => (fraction === undefined ? "–" : percent(fraction));

type Change = { actual: string; predicted: string; more: number };
const CHANGE_COLUMNS: Column<Change>[] = [
  { name: "true", cell: ({ actual }) => actual },
  { name: "predicted", cell: ({ predicted }) => predicted },
  { name: "pictures", isNumber: true, cell: ({ more }) => (more > 0 ? `+${more}` : `−${-more}`) },
];

/** Only cells that differ, the largest first. */
function ConfusionChange({ result: { classes, confusionChange } }: { result: ComparisonResult }) {
  const changes = confusionChange.flatMap((row, r) =>
    row.flatMap((more, c) => (more === 0 ? [] : [{ actual: classes[r] ?? "", predicted: classes[c] ?? "", more }])),
  );
  if (changes.length === 0) return <p>The confusion of both is the same.</p>;
  return (
    <>
      <h3>Confusion, after less before</h3>
      <Table
        label="Confusion, after less before"
        rows={changes.toSorted((a, b) => Math.abs(b.more) - Math.abs(a.more))}
        keyOf={({ actual, predicted }) => JSON.stringify([actual, predicted])}
        columns={CHANGE_COLUMNS}
      />
    </>
  );
}

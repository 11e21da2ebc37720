// Training runs and what was changed from one to the next.
import type { JournalRow, RunChange } from "@ursa/contracts/journal";
import { hrefTo } from "../router.ts";
import { percent, when } from "../wording.ts";
import { StateBadge } from "./state-badge.tsx";
import { type Column, Table } from "./table.tsx";

type Props = {
  runs: readonly JournalRow[];
  /** Ids of runs whose curves are drawn; no more than `most` can be chosen. */
  chosen: readonly string[];
  most: number;
  onChoose(chosen: string[]): void;
};

export function JournalTable({ runs, chosen, most, onChoose }: Props) {
  const names = new Map(runs.map(({ model, name }) => [model, name ?? model]));
  const toggle = (id: string) =>
    onChoose(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id].slice(-most));
  const columns: Column<JournalRow>[] = [
    {
      name: "curves",
      cell: ({ model, name, epochs }) => (
        <input
          type="checkbox"
          aria-label={`Curves of ${name ?? model}`}
          disabled={epochs === 0}
          checked={chosen.includes(model)}
          onChange={() => toggle(model)}
        />
      ),
    },
    ...COLUMNS,
    { name: "what was changed", cell: (row) => <Changes row={row} names={names} /> },
    { name: "made", cell: ({ createdAt }) => when(createdAt) },
  ];
  return <Table label="Journal" rows={runs} keyOf={({ model }) => model} columns={columns} />;
}

const COLUMNS: Column<JournalRow>[] = [
  {
    name: "model",
    cell: ({ model, name, note }) => (
      <>
        <a href={hrefTo(`/models/${model}`)} className={name ? undefined : "id"}>
          {name ?? model}
        </a>
        {note ? <div className="quiet">{note}</div> : null}
      </>
    ),
  },
  {
    name: "error",
    isNumber: true,
    cell: ({ error, state }) => (error ? percent(error.errorRate) : <StateBadge state={state} />),
  },
  {
    name: "95 % interval",
    isNumber: true,
    cell: ({ error }) =>
      error?.low === undefined || error.high === undefined ? "" : `${percent(error.low)} – ${percent(error.high)}`,
  },
  {
    name: "dataset",
    cell: ({ dataset }) => <a href={hrefTo(`/datasets/${dataset.id}`)}>version {dataset.version}</a>,
  },
];

function Changes({ row: { parent, changes }, names }: { row: JournalRow; names: ReadonlyMap<string, string> }) {
  if (!parent) return null;
  return (
    <>
      {changes.length === 0 ? "nothing" : changes.map(inWords).join("; ")}
      <div className="quiet">since {names.get(parent) ?? parent}</div>
    </>
  );
}

/** A dataset's id says little; that it is another one, and which version, is in its text. */
const inWords = ({ field, before = "none", after = "none" }: RunChange) => `${field} ${before} → ${after}`;

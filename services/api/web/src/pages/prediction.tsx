// One batch: its progress, and then a row for each input.
import type { Client } from "@ursa/contracts/client";
import type { Prediction, PredictionRow } from "@ursa/contracts/prediction";
import { isFinal } from "@ursa/contracts/record";
import { pageOfRows } from "../page-of-rows.ts";
import { CancelButton } from "../parts/cancel-button.tsx";
import { DownloadButton } from "../parts/download-button.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { Meter } from "../parts/meter.tsx";
import { RecordError } from "../parts/record-error.tsx";
import { RecordTitle } from "../parts/record-title.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { hrefTo, type PageProps } from "../router.ts";
import { usePages } from "../use-pages.ts";
import { useRecord } from "../use-record.ts";
import { count, counted, percent, words } from "../wording.ts";

export function PredictionPage({ params }: PageProps) {
  const { value, problem, reload, live } = useRecord("prediction", params.id ?? "");
  if (!value) return problem ? <ErrorNote problem={problem} onRetry={reload} /> : <Skeleton lines={8} />;
  const { id, state, inputs, model, alias, error } = value;
  return (
    <>
      <RecordTitle record={value}>
        {isFinal(state) ? null : (
          <CancelButton onDone={reload} act={(client) => client.call("cancelPrediction", { params: { id } })} />
        )}
      </RecordTitle>
      <p className="lead">
        {counted(inputs, "input")}, answered by <a href={hrefTo(`/models/${model}`)}>{alias ?? model}</a>.
      </p>
      <RecordError error={error} />
      {isFinal(state) ? null : <Meter progress={live.progress ?? value.progress} />}
      {value.counts ? <Outcomes prediction={value} /> : null}
      {value.results ? <Results id={id} /> : null}
    </>
  );
}

type Row = { name: string; inputs: number };
const COUNTS = (name: string): Column<Row>[] => [
  { name, cell: (row) => row.name },
  { name: "inputs", isNumber: true, cell: (row) => count(row.inputs) },
];

function Outcomes({ prediction: { counts } }: { prediction: Prediction }) {
  const rows = (record: Record<string, number>) =>
    Object.entries(record).map(([name, inputs]) => ({ name: words(name), inputs }));
  return (
    <div className="cards">
      <Table
        label="Outcomes"
        rows={rows(counts?.outcomes ?? {})}
        keyOf={({ name }) => name}
        columns={COUNTS("outcome")}
      />
      <Table label="Classes" rows={rows(counts?.classes ?? {})} keyOf={({ name }) => name} columns={COUNTS("class")} />
    </div>
  );
}

/** Rows at a time. */
const PAGE = 200;

const ROWS: Column<PredictionRow>[] = [
  { name: "#", isNumber: true, cell: ({ index }) => count(index + 1) },
  { name: "input", cell: ({ input }) => <span className="url">{input}</span> },
  { name: "class", cell: ({ class: name, outcome }) => name ?? <span className="bad">{words(outcome)}</span> },
  {
    name: "probability",
    isNumber: true,
    cell: ({ probability }) => (probability === undefined ? "" : percent(probability)),
  },
];

function Results({ id }: { id: string }) {
  const { items, isComplete, problem, more, retry } = usePages(`results ${id}`, (client, { cursor = "0" }, signal) =>
    pageOfRows(client, id, { from: Number(cursor), limit: PAGE, signal }),
  );
  const get = (format: "csv" | "jsonl") => (client: Client) =>
    client.call("getResults", { params: { id }, query: { format } });
  return (
    <section>
      <h2>Results</h2>
      <p className="actions">
        <DownloadButton name={`${id}.csv`} get={get("csv")}>
          CSV
        </DownloadButton>
        <DownloadButton name={`${id}.jsonl`} get={get("jsonl")}>
          JSON lines
        </DownloadButton>
      </p>
      {items.length > 0 ? (
        <Table label="Results" rows={items} keyOf={({ index }) => String(index)} columns={ROWS} />
      ) : null}
      {problem ? <ErrorNote problem={problem} onRetry={retry} /> : null}
      {isComplete || problem || items.length === 0 ? null : (
        <button type="button" className="second" onClick={more}>
          Show more
        </button>
      )}
    </section>
  );
}

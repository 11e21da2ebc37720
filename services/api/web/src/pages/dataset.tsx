// One dataset: how its URLs are faring, and then its pictures.
import type { Dataset } from "@ursa/contracts/dataset";
import { splitSchema } from "@ursa/contracts/dataset";
import { FAILED_OUTCOMES, outcomeSchema } from "@ursa/contracts/outcomes";
import { isFinal } from "@ursa/contracts/record";
import { useState } from "react";
import { CancelButton } from "../parts/cancel-button.tsx";
import { ClassCountsTable } from "../parts/class-counts.tsx";
import { DownloadButton } from "../parts/download-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { ItemDrawer } from "../parts/item-drawer.tsx";
import { ItemFilters } from "../parts/item-filters.tsx";
import { ItemGrid } from "../parts/item-grid.tsx";
import { ItemList } from "../parts/item-list.tsx";
import { Meter } from "../parts/meter.tsx";
import { RecordError } from "../parts/record-error.tsx";
import { RecordTitle } from "../parts/record-title.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { hrefTo, type PageProps } from "../router.ts";
import { type ItemFilter, useItems } from "../use-items.ts";
import { type Live, useRecord } from "../use-record.ts";
import { counted } from "../wording.ts";

export function DatasetPage({ params, query }: PageProps) {
  const { value, problem, reload, live } = useRecord("dataset", params.id ?? "");
  if (!value) return problem ? <ErrorNote problem={problem} onRetry={reload} /> : <Skeleton lines={10} />;
  return (
    <>
      <Heading dataset={value} onChanged={reload} />
      {isFinal(value.state) ? null : <UnderWay dataset={value} live={live} />}
      {value.counts ? <ClassCountsTable classes={value.counts.classes} /> : null}
      {value.manifest ? <Pictures dataset={value} first={filterOf(query)} /> : null}
    </>
  );
}

function Heading({ dataset, onChanged }: { dataset: Dataset; onChanged(): void }) {
  const { id, state, counts, listed, error } = dataset;
  const failed = Object.entries(counts?.outcomes ?? {}).reduce(
    (sum, [name, number]) => (isFailed(name) ? sum + number : sum),
    0,
  );
  return (
    <>
      <RecordTitle record={dataset}>
        {state === "ready" ? (
          <a className="button" href={hrefTo("/train", { dataset: id })}>
            Train on it
          </a>
        ) : null}
        {isFinal(state) ? null : (
          <CancelButton onDone={onChanged} act={(client) => client.call("cancelDataset", { params: { id } })} />
        )}
      </RecordTitle>
      <p className="lead">
        {counted(listed, "URL")} listed
        {counts ? `, ${counted(counts.outcomes.ok ?? 0, "usable picture")}, ${counted(failed, "failure")}` : ""}.{" "}
        {dataset.manifest ? (
          <DownloadButton name={`${id}.csv`} get={(client) => client.call("getReport", { params: { id } })}>
            Report of every URL (CSV)
          </DownloadButton>
        ) : null}
      </p>
      <RecordError error={error} />
    </>
  );
}

const isFailed = (name: string) => [...FAILED_OUTCOMES].some((outcome) => outcome === name);

function UnderWay({ dataset, live }: { dataset: Dataset; live: Live }) {
  const { progress } = dataset;
  return (
    <>
      <Meter progress={live.progress ?? progress} />
      {progress?.classes ? <ClassCountsTable classes={progress.classes} /> : null}
    </>
  );
}

/** What another page asked to see first. */
function filterOf(query: URLSearchParams): ItemFilter {
  return {
    class: query.get("class") ?? undefined,
    split: splitSchema.safeParse(query.get("split")).data,
    outcome: outcomeSchema.safeParse(query.get("outcome")).data,
  };
}

function Pictures({ dataset, first }: { dataset: Dataset; first: ItemFilter }) {
  const [filter, setFilter] = useState(first);
  const [open, setOpen] = useState<number>();
  const items = useItems(dataset.id, filter);
  const item = open === undefined ? undefined : items.items[open];
  const step = (by: number) => setOpen((at = 0) => Math.max(0, Math.min(items.items.length - 1, at + by)));
  return (
    <section aria-label="Items">
      <ItemFilters dataset={dataset} filter={filter} onChange={setFilter} />
      {items.problem ? <ErrorNote problem={items.problem} /> : null}
      {items.isComplete && items.items.length === 0 ? <Empty>No item is like that.</Empty> : null}
      {filter.outcome && isFailed(filter.outcome) ? (
        <ItemList items={items} />
      ) : (
        <ItemGrid key={JSON.stringify(filter)} dataset={dataset.id} items={items} onOpen={setOpen} />
      )}
      {item ? <ItemDrawer dataset={dataset.id} item={item} onStep={step} onClose={() => setOpen(undefined)} /> : null}
    </section>
  );
}

// Which version a dataset is: what it was made of and what differs from that, and what was made of it.
import type { Client } from "@ursa/contracts/client";
import type { Dataset } from "@ursa/contracts/dataset";
import { CHANGES, type ChangedItem } from "@ursa/contracts/diff";
import { newestFirst } from "../newest-first.ts";
import { hrefTo } from "../router.ts";
import { useAnswer } from "../use-answer.ts";
import { usePages } from "../use-pages.ts";
import { count, when } from "../wording.ts";
import { Address } from "./address.tsx";
import { ErrorNote } from "./error-note.tsx";
import { type Column, Table } from "./table.tsx";

export function Versions({ dataset }: { dataset: Dataset }) {
  const { id, version, parent, author } = dataset;
  const { value: children = [] } = useAnswer(`made of ${id}`, (client, signal) => childrenOf(client, dataset, signal));
  if (!parent && children.length === 0) return null;
  return (
    <section>
      <h2>Version {version}</h2>
      {parent ? (
        <p>
          Made of <a href={hrefTo(`/datasets/${parent.id}`)}>version {parent.version}</a>
          {author ? ` with the key ${author}` : ""}.
        </p>
      ) : null}
      {children.length > 0 ? (
        <ul>
          {children.map((child) => (
            <li key={child.id}>
              <a href={hrefTo(`/datasets/${child.id}`)}>Version {child.version}</a> was made of it,{" "}
              {when(child.createdAt)}
              {child.note ? `: ${child.note}` : ""}
            </li>
          ))}
        </ul>
      ) : null}
      {parent ? <Difference dataset={id} parent={parent.version} /> : null}
    </section>
  );
}

async function childrenOf(client: Client, { id, createdAt }: Dataset, signal: AbortSignal): Promise<Dataset[]> {
  const children: Dataset[] = [];
  const all = newestFirst(createdAt, (query) => client.call("listDatasets", { query, signal }));
  for await (const each of all) if (each.parent?.id === id) children.push(each);
  return children;
}

const AT_ONCE = 50;
const COLUMNS: Column<ChangedItem>[] = [
  { name: "item", isNumber: true, cell: ({ key }) => key },
  { name: "change", cell: ({ change }) => change },
  { name: "class", cell: (item) => (item.was === undefined ? item.class : `${item.was} → ${item.class}`) },
  { name: "reason", cell: ({ reason }) => reason ?? "" },
  { name: "URL", cell: ({ url }) => <Address url={url} /> },
];

function Difference({ dataset: id, parent }: { dataset: string; parent: number }) {
  const params = { id };
  const counts = useAnswer(`changes of ${id}`, async (client, signal) => {
    const diff = await client.call("diffDataset", { params, query: { limit: 1 }, signal });
    return diff.counts;
  });
  const pages = usePages(`diff ${id}`, (client, place, signal) =>
    client.call("diffDataset", { params, query: { limit: AT_ONCE, ...place }, signal }),
  );
  const problem = counts.problem ?? pages.problem;
  if (problem) return <ErrorNote problem={problem} onRetry={counts.problem ? counts.reload : pages.retry} />;
  const text = CHANGES.flatMap((change) => {
    const number = counts.value?.[change] ?? 0;
    return number > 0 ? `${count(number)} ${change}` : [];
  });
  return (
    <>
      {counts.value ? (
        <p>
          Against version {parent}: {text.length > 0 ? text.join(", ") : "no picture differs"}.
        </p>
      ) : null}
      {pages.items.length > 0 ? (
        <details>
          <summary>Every change</summary>
          <Table label="Changes" rows={pages.items} keyOf={({ key, change }) => `${key} ${change}`} columns={COLUMNS} />
          {pages.isComplete ? null : (
            <button type="button" className="second" onClick={pages.more}>
              Show more
            </button>
          )}
        </details>
      ) : null}
    </>
  );
}

// Which version a dataset is: what it was made of and what differs from that, and what was made of it.
import type { Client } from "@ursa/contracts/client";
import type { Dataset } from "@ursa/contracts/dataset";
import { CHANGES, type ChangedItem } from "@ursa/contracts/diff";
import { Problem } from "@ursa/contracts/problem";
import { useState } from "react";
import { newestFirst } from "../newest-first.ts";
import { hrefTo } from "../router.ts";
import { useAnswer } from "../use-answer.ts";
import { usePages } from "../use-pages.ts";
import { count, when } from "../wording.ts";
import { Address } from "./address.tsx";
import { ErrorNote } from "./error-note.tsx";
import { Field } from "./field.tsx";
import { type Column, Table } from "./table.tsx";

export function Versions({ dataset }: { dataset: Dataset }) {
  const { id, version, parent, author } = dataset;
  const { value: family = [] } = useAnswer(`family of ${id}`, (client, signal) => familyOf(client, dataset, signal));
  const children = family.filter((each) => each.parent?.id === id);
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
      <Against dataset={dataset} others={family.filter((each) => each.id !== id)} />
    </section>
  );
}

/** All that was made, in however many steps, of what this version goes back to, and that itself; the oldest first. */
async function familyOf(client: Client, dataset: Dataset, signal: AbortSignal): Promise<Dataset[]> {
  let root = dataset;
  while (root.parent) {
    const { id } = root.parent;
    const before = await client.call("getDataset", { params: { id }, signal }).catch(noneIfDeleted);
    if (!before) break;
    root = before;
  }
  const since: Dataset[] = [];
  const all = newestFirst(root.createdAt, (query) => client.call("listDatasets", { query, signal }));
  for await (const each of all) since.unshift(each);
  const family = new Map([[root.id, root]]);
  for (const each of since) if (each.parent && family.has(each.parent.id)) family.set(each.id, each);
  return [...family.values()];
}

/** @throws whatever else it is */
function noneIfDeleted(error: unknown): undefined {
  if (!(error instanceof Problem && error.code === "not_found")) throw error;
}

type AgainstProps = { dataset: Dataset; others: readonly Dataset[] };

/** What differs from one of the other versions, at first from the one that it was made of. */
function Against({ dataset: { id, parent }, others }: AgainstProps) {
  const [chosen, setChosen] = useState<string>();
  const made = others.filter(({ manifest }) => manifest);
  const from = made.find((each) => each.id === (chosen ?? parent?.id));
  return (
    <>
      {made.length > (parent ? 1 : 0) ? (
        <Field id="against" label="Compare with">
          <select
            id="against"
            className="choice"
            value={from?.id ?? ""}
            onChange={({ target }) => setChosen(target.value)}
          >
            {from ? null : <option value="">choose one</option>}
            {made.map((each) => (
              <option key={each.id} value={each.id}>
                version {each.version}, {when(each.createdAt)}
              </option>
            ))}
          </select>
        </Field>
      ) : null}
      {from ? <Difference key={from.id} dataset={id} from={from} /> : null}
    </>
  );
}

const AT_ONCE = 50;
const columnsOf = (dataset: string): Column<ChangedItem>[] => [
  {
    name: "item",
    isNumber: true,
    cell: ({ key }) => <a href={hrefTo(`/datasets/${dataset}`, { item: key })}>{key}</a>,
  },
  { name: "change", cell: ({ change }) => change },
  { name: "class", cell: (item) => (item.was === undefined ? item.class : `${item.was} → ${item.class}`) },
  { name: "reason", cell: ({ reason }) => reason ?? "" },
  { name: "URL", cell: ({ url }) => <Address url={url} /> },
];

function Difference({ dataset: id, from }: { dataset: string; from: Dataset }) {
  const params = { id };
  const between = { from: from.id };
  const counts = useAnswer(`changes of ${id} from ${from.id}`, async (client, signal) => {
    const diff = await client.call("diffDataset", { params, query: { ...between, limit: 1 }, signal });
    return diff.counts;
  });
  const pages = usePages(`diff ${id} from ${from.id}`, (client, place, signal) =>
    client.call("diffDataset", { params, query: { ...between, limit: AT_ONCE, ...place }, signal }),
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
          Against version {from.version}: {text.length > 0 ? text.join(", ") : "no picture differs"}.
        </p>
      ) : null}
      {pages.items.length > 0 ? (
        <details>
          <summary>Every change</summary>
          <Table
            label="Changes"
            rows={pages.items}
            keyOf={({ key, change }) => `${key} ${change}`}
            columns={columnsOf(id)}
          />
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

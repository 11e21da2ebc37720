// Items that have no picture to look at: each with its reason.
import type { Item } from "@ursa/contracts/dataset";
import type { Items } from "../use-items.ts";
import { words } from "../wording.ts";
import { Address } from "./address.tsx";
import { type Column, Table } from "./table.tsx";

const COLUMNS: Column<Item>[] = [
  { name: "class", cell: (item) => item.class },
  { name: "outcome", cell: ({ outcome }) => words(outcome) },
  { name: "reason", cell: ({ reason }) => reason ?? "" },
  { name: "URL", cell: ({ url }) => <Address url={url} /> },
  { name: "listed in", cell: ({ source, line }) => `${source}, line ${line}` },
];

export function ItemList({ items: { items, isComplete, more } }: { items: Items }) {
  if (items.length === 0) return null;
  return (
    <>
      <Table label="Failures" rows={items} keyOf={({ key }) => key} columns={COLUMNS} />
      {isComplete ? null : (
        <button type="button" className="second" onClick={more}>
          Show more
        </button>
      )}
    </>
  );
}

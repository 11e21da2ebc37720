// Tens of thousands of pictures that scroll smoothly: only the rows on the screen are in the document.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import type { Item } from "@ursa/contracts/dataset";
import { memo, useEffect, useLayoutEffect, useRef, useState } from "react";
import { hasPicture } from "../has-picture.ts";
import { usePicture } from "../pictures.ts";
import type { Items } from "../use-items.ts";
import { words } from "../wording.ts";

type Props = { dataset: string; items: Items; onOpen(index: number): void };

const SMALLEST_CELL = 112;
const GAP = 8;
/** Rows kept beyond the screen, above and below. */
const OVERSCAN = 1;
/** Screens ahead for which items are asked. */
const ROWS_AHEAD = 24;
/** A cell's side, on dense screens too. */
const THUMBNAIL = devicePixelRatio > 1 ? 256 : 128;
/** Milliseconds a cell has been on the screen, while the grid scrolls, before its picture is asked for: what rushes past costs nothing. */
const SETTLED = 300;

export function ItemGrid({ dataset, items: { items, isComplete, more }, onOpen }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const { columns, cell, top } = useLayout(box);
  const rows = Math.ceil(items.length / columns);
  const virtual = useWindowVirtualizer({
    count: rows,
    estimateSize: () => cell + GAP,
    overscan: OVERSCAN,
    scrollMargin: top,
    useFlushSync: false,
  });
  const shown = virtual.getVirtualItems();
  // Looked at by cells when they come, and no reason to draw them again when it changes.
  const wait = useRef(0);
  wait.current = virtual.isScrolling ? SETTLED : 0;
  const last = shown.at(-1)?.index ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another width is another height of every row
  useEffect(() => virtual.measure(), [cell, columns]);
  useEffect(() => {
    if (!isComplete && last + ROWS_AHEAD >= rows) more();
  }, [isComplete, last, rows, more]);
  const focusOn = (index: number) => {
    virtual.scrollToIndex(Math.floor(index / columns));
    // The row may have to be drawn first.
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus());
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const from = Number(event.target instanceof HTMLElement ? event.target.dataset.index : Number.NaN);
    const to = from + stepOf(event.key, columns);
    if (!(to >= 0 && to < items.length) || to === from) return;
    event.preventDefault();
    focusOn(to);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are the buttons' own, heard where they bubble to
    <div ref={box} className="grid" style={{ height: virtual.getTotalSize() }} onKeyDown={onKeyDown}>
      {shown.map(({ index: row, start }) => (
        <Row
          key={row}
          items={items.slice(row * columns, (row + 1) * columns)}
          {...{ dataset, onOpen, wait, columns, cell, first: row * columns, y: start - top }}
        />
      ))}
    </div>
  );
}

const stepOf = (key: string, columns: number): number =>
  ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns })[key] ?? 0;

type RowProps = Pick<CellProps, "dataset" | "onOpen" | "wait"> & {
  items: readonly Item[];
  /** The place of the first of them in the list. */
  first: number;
  columns: number;
  /** Pixels: the side of a cell, and the place in the grid. */
  cell: number;
  y: number;
};

const Row = ({ items, first, columns, cell, y, ...common }: RowProps) => (
  <div
    className="cells"
    style={{ gridTemplateColumns: `repeat(${columns}, ${cell}px)`, height: cell, transform: `translateY(${y}px)` }}
  >
    {items.map((item, column) => (
      <Cell key={item.key} item={item} index={first + column} {...common} />
    ))}
  </div>
);

type CellProps = {
  dataset: string;
  item: Item;
  index: number;
  onOpen(index: number): void;
  wait: React.RefObject<number>;
};

/** Drawn again only where something of it changed: while the grid scrolls most cells stay what they are. */
const Cell = memo(function Cell({ dataset, item, index, onOpen, wait }: CellProps) {
  const common = { type: "button" as const, "data-index": index, onClick: () => onOpen(index) };
  const label = `${item.class}, ${words(item.outcome)}, item ${item.key}`;
  if (!hasPicture(item))
    return (
      <button {...common} className="cell absent" aria-label={label}>
        {words(item.outcome)}
      </button>
    );
  return (
    <button
      {...common}
      className={item.outcome === "ok" ? "cell" : "cell aside"}
      aria-label={label}
      title={`${item.class} · ${item.split ?? words(item.outcome)}`}
    >
      <Thumbnail dataset={dataset} item={item} wait={wait} />
    </button>
  );
});

function Thumbnail({ dataset, item, wait }: Pick<CellProps, "dataset" | "item" | "wait">) {
  const { address, hasFailed } = usePicture({ dataset, key: item.key, size: THUMBNAIL }, wait);
  if (address) return <img src={address} alt="" />;
  return hasFailed ? words(item.outcome) : null;
}

/** As many columns as fit, at least three on a phone. Sides are whole pixels: between two of them every edge would have to be blended. */
function useLayout(box: React.RefObject<HTMLDivElement | null>) {
  const [layout, setLayout] = useState({ columns: 3, cell: SMALLEST_CELL, top: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      const width = element.clientWidth;
      const columns = Math.max(3, Math.floor((width + GAP) / (SMALLEST_CELL + GAP)));
      setLayout({ columns, cell: Math.floor((width - GAP * (columns - 1)) / columns), top: element.offsetTop });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [box]);
  return layout;
}

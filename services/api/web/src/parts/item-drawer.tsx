import type { Dataset, Item } from "@ursa/contracts/dataset";
import { type ReactNode, useEffect, useRef } from "react";
import { hasPicture } from "../has-picture.ts";
import { usePicture } from "../pictures.ts";
import { bytes, count, seconds, words } from "../wording.ts";
import { Address } from "./address.tsx";
import { ItemAnswer } from "./item-answer.tsx";
import { ItemNeighbours } from "./item-neighbours.tsx";

type Props = { dataset: Dataset; item: Item; onStep(by: number): void; onClose(): void };

const SIDE = 768;

/** Everything that is known of one item. */
export function ItemDrawer({ dataset, item, onStep, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const onKeyDown = ({ key }: React.KeyboardEvent) => {
    if (key === "ArrowLeft") onStep(-1);
    if (key === "ArrowRight") onStep(1);
  };
  return (
    <dialog ref={dialog} className="drawer" aria-label={`Item ${item.key}`} onClose={onClose} onKeyDown={onKeyDown}>
      <p className="actions">
        <button type="button" className="second" onClick={() => onStep(-1)}>
          ← Previous
        </button>
        <button type="button" className="second" onClick={() => onStep(1)}>
          Next →
        </button>
        <button type="button" className="second" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </p>
      {hasPicture(item) ? <LargePicture dataset={dataset.id} item={item} /> : null}
      <dl>
        {factsOf(item).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <ItemAnswer dataset={dataset} item={item} />
      {item.perceptualHash ? <ItemNeighbours dataset={dataset.id} item={item.key} /> : null}
    </dialog>
  );
}

function LargePicture({ dataset, item }: { dataset: string; item: Item }) {
  const { address, hasFailed } = usePicture({ dataset, key: item.key, size: SIDE });
  if (hasFailed) return <p className="quiet">The stored picture cannot be shown.</p>;
  return <div className="large">{address ? <img src={address} alt={`${item.class}, item ${item.key}`} /> : null}</div>;
}

function factsOf(item: Item): [string, ReactNode][] {
  const { width, height, format, attempts, milliseconds } = item;
  const facts: [string, ReactNode][] = [
    ["Class", item.class],
    ["Outcome", words(item.outcome)],
    ["Reason", item.reason],
    ["Split", item.split],
    ["Repeats item", item.of],
    ["URL", <Address key="url" url={item.url} />],
    ["Listed in", `${item.source}, line ${item.line}`],
    ["Size", width && height ? `${count(width)} × ${count(height)} pixels` : undefined],
    ["File", item.bytes === undefined ? undefined : `${bytes(item.bytes)}${format ? `, ${format}` : ""}`],
    ["SHA-256", item.sha256 ? <code key="sha256">{item.sha256}</code> : undefined],
    ["Perceptual hash", item.perceptualHash ? <code key="hash">{item.perceptualHash}</code> : undefined],
    [
      "Fetched",
      attempts && milliseconds !== undefined
        ? `in ${seconds(milliseconds / 1000)}, ${attempts === 1 ? "at once" : `in ${attempts} attempts`}`
        : undefined,
    ],
  ];
  return facts.filter(([, value]) => value !== undefined);
}

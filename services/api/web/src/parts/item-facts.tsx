import type { Dataset, Item } from "@ursa/contracts/dataset";
import type { Outcome } from "@ursa/contracts/outcomes";
import type { ReactNode } from "react";
import { hasPicture } from "../has-picture.ts";
import { usePicture } from "../pictures.ts";
import { wordsOfEdit } from "../review.ts";
import type { SavedReview } from "../use-review.ts";
import { bytes, count, seconds, words } from "../wording.ts";
import { Address } from "./address.tsx";
import { DecisionChoice } from "./decision-choice.tsx";
import { DraftNote } from "./draft-note.tsx";
import { ItemAnswer } from "./item-answer.tsx";
import { ItemNeighbours } from "./item-neighbours.tsx";

type Props = { dataset: Dataset; item: Item; review: SavedReview };

const SIDE = 768;

/** Everything that is known of one item, and what a person says of it. */
export function ItemFacts({ dataset, item, review }: Props) {
  return (
    <>
      {hasPicture(item) ? <LargePicture dataset={dataset.id} item={item} /> : null}
      <Decision dataset={dataset} item={item} review={review} />
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
    </>
  );
}

/** What a person can say something of. */
const DECIDED: readonly Outcome[] = ["ok", "label_conflict", "removed"];

function Decision({ dataset, item, review }: Props) {
  if (!DECIDED.includes(item.outcome)) return null;
  const said = review.decisions.get(item.key);
  return (
    <section aria-label="Decision">
      <div className="actions">
        <DecisionChoice
          classes={dataset.classes}
          item={item}
          review={review}
          onDecide={(edit) => review.decide([edit])}
        />
        <span>{said ? `${item.class}: ${wordsOfEdit(said)}` : ""}</span>
      </div>
      <DraftNote dataset={dataset} review={review} />
    </section>
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

import type { Dataset } from "@ursa/contracts/dataset";
import type { Suspect } from "@ursa/contracts/suspect";
import { useEffect, useRef } from "react";
import { SCREEN } from "../estimate-left.ts";
import { usePicture } from "../pictures.ts";
import { wordsOfEdit } from "../review.ts";
import type { Moves } from "../review-moves.ts";
import type { SavedReview } from "../use-review.ts";
import { DecisionChoice } from "./decision-choice.tsx";
import type { ShownProps } from "./one-suspect.tsx";
import { LooksLike, SuspectPicture } from "./suspect-picture.tsx";

const SIDE = 384;

/** Five pictures; what is wrong with any is said of it, and the rest kept with one press. */
export function FiveSuspects({
  dataset,
  suspects,
  at,
  review,
  moves,
  onSelect,
}: ShownProps & { onSelect(at: number): void }) {
  const from = Math.floor(at / SCREEN) * SCREEN;
  const screen = suspects.slice(from, from + SCREEN);
  return (
    <>
      <ul className="five">
        {screen.map((suspect, index) => (
          <Card
            key={suspect.key}
            {...{ dataset, suspect, review, moves }}
            isSelected={from + index === at}
            onSelect={() => onSelect(from + index)}
          />
        ))}
      </ul>
      {suspects.slice(from + SCREEN, from + 2 * SCREEN).map(({ key }) => (
        <Ahead key={key} dataset={dataset.id} item={key} />
      ))}
      <p className="actions">
        <button type="button" onClick={moves.keepRest}>
          Keep the rest, go on <kbd>G</kbd>
        </button>
        <span className="quiet">
          Arrows choose a picture; <kbd>D</kbd> deletes it, <kbd>1</kbd> to <kbd>9</kbd> give it a class.
        </span>
      </p>
    </>
  );
}

/** The pictures of the next screen are there when it is gone to. */
function Ahead({ dataset, item }: { dataset: string; item: string }) {
  usePicture({ dataset, key: item, size: SIDE });
  return null;
}

type CardProps = {
  dataset: Dataset;
  suspect: Suspect;
  review: SavedReview;
  moves: Moves;
  isSelected: boolean;
  onSelect(): void;
};

function Card({ dataset, suspect, review, moves, isSelected, onSelect }: CardProps) {
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isSelected) element.current?.scrollIntoView({ block: "nearest" });
  }, [isSelected]);
  const decision = review.decisions.get(suspect.key);
  const className = decision && decision.action !== "keep" ? "card changed" : "card";
  return (
    <li ref={element} className={className} aria-current={isSelected}>
      <button type="button" className="bare" onClick={onSelect} aria-label={`Choose item ${suspect.key}`}>
        <SuspectPicture dataset={dataset.id} item={suspect.key} size={SIDE} says={suspect.class} />
      </button>
      <p>
        <b>
          <LooksLike suspect={suspect} />
        </b>
      </p>
      <p className="quiet">{suspect.reasons[0]?.says}</p>
      <DecisionChoice classes={dataset.classes} item={suspect} review={review} onDecide={moves.decide} />
      <p className="quiet" role="status">
        {decision ? wordsOfEdit(decision) : ""}
      </p>
    </li>
  );
}

// Going through what is worth a look, with keys alone if one likes: one picture at a time, or five.
import type { Dataset } from "@ursa/contracts/dataset";
import type { Edit } from "@ursa/contracts/edits";
import type { Suspect } from "@ursa/contracts/suspect";
import { useEffect, useState } from "react";
import { estimateLeft, SCREEN } from "../estimate-left.ts";
import { asItIs, editOfKey } from "../review.ts";
import { useKeys } from "../use-keys.ts";
import type { SavedReview } from "../use-review.ts";
import { count } from "../wording.ts";
import { FiveSuspects } from "./five-suspects.tsx";
import { OneSuspect } from "./one-suspect.tsx";

export type SuspectList = { suspects: readonly Suspect[]; total: number; isComplete: boolean; more(): void };
type Props = { dataset: Dataset; list: SuspectList; review: SavedReview };

/** Suspects left when more are asked for. */
const AHEAD = 50;

export function Reviewing({ dataset, list, review }: Props) {
  const { suspects, isComplete, more } = list;
  const [isFive, setIsFive] = useState(false);
  const [place, setPlace] = useState<number>();
  const at = Math.min(place ?? openAfter(list, review, -1), suspects.length - 1);
  const isAllOpen = suspects.some(({ key }) => !review.decisions.has(key));
  useEffect(() => {
    if (!isComplete && (at + AHEAD >= suspects.length || !isAllOpen)) more();
  }, [at, suspects.length, isComplete, isAllOpen, more]);
  const moves = movesOf({ list, review, at, isFive, setPlace });
  useKeys((pressed) => {
    const suspect = suspects[at];
    const edit = suspect && editOfKey(pressed, suspect, dataset.classes);
    if (edit) moves.decide(edit);
    else if (pressed === "ArrowLeft") moves.step(-1);
    else if (pressed === "ArrowRight") moves.step(1);
    else if (pressed.toLowerCase() === "u") moves.undo();
    else if (pressed.toLowerCase() === "g" && isFive) moves.keepRest();
    else return false;
    return true;
  });
  const shown = { dataset, suspects, at, review, moves };
  return (
    <section aria-label="Worth a look">
      <Progress list={list} review={review} />
      <p className="actions">
        <label className="inline">
          <input type="checkbox" checked={isFive} onChange={({ target }) => setIsFive(target.checked)} />
          Five at a time
        </label>
        <button type="button" className="second" disabled={review.steps.length === 0} onClick={moves.undo}>
          Undo <kbd>U</kbd>
        </button>
        <button type="button" className="second" disabled={at === 0} onClick={() => moves.step(-1)}>
          Previous <kbd>←</kbd>
        </button>
        <button type="button" className="second" disabled={at + 1 >= suspects.length} onClick={() => moves.step(1)}>
          Next <kbd>→</kbd>
        </button>
      </p>
      {isFive ? <FiveSuspects {...shown} onSelect={setPlace} /> : <OneSuspect {...shown} total={list.total} />}
    </section>
  );
}

/** The first after `from` of which nothing was said, else the first of all, else where one is. */
function openAfter({ suspects }: SuspectList, { decisions }: Pick<SavedReview, "decisions">, from: number): number {
  const isOpen = ({ key }: Suspect) => !decisions.has(key);
  const next = suspects.findIndex((suspect, index) => index > from && isOpen(suspect));
  if (next !== -1) return next;
  const first = suspects.findIndex(isOpen);
  return first === -1 ? Math.max(from, 0) : first;
}

export type Moves = { decide(edit: Edit): void; undo(): void; step(by: number): void; keepRest(): void };
type Place = { list: SuspectList; review: SavedReview; at: number; isFive: boolean; setPlace(place: number): void };

function movesOf({ list, review, at, isFive, setPlace }: Place): Moves {
  const { suspects } = list;
  const from = Math.floor(at / SCREEN) * SCREEN;
  const screen = suspects.slice(from, from + SCREEN);
  const isUsed = (key: string) => suspects.find((suspect) => suspect.key === key)?.outcome !== "label_conflict";
  return {
    decide(edit) {
      review.decide([edit]);
      const index = suspects.findIndex(({ key }) => key === edit.key);
      const next = openAfter(list, { decisions: new Map(review.decisions).set(edit.key, edit) }, index);
      // A screen of five is left by going on, when all of it was seen.
      setPlace(isFive && next >= from + SCREEN ? Math.min(index + 1, from + screen.length - 1) : next);
    },
    undo() {
      const keys = review.undo(isUsed);
      const places = keys.map((one) => suspects.findIndex(({ key }) => key === one)).filter((index) => index !== -1);
      if (places.length > 0) setPlace(Math.min(...places));
    },
    step: (by) => setPlace(Math.max(0, Math.min(suspects.length - 1, at + by))),
    keepRest() {
      const rest = screen.filter(({ key }) => !review.decisions.has(key)).map(asItIs);
      if (rest.length > 0) review.decide(rest);
      setPlace(Math.min(from + SCREEN, suspects.length - 1));
    },
  };
}

/** How much was looked at, and whether it is time to stop. */
function Progress({ list, review: { decisions, saving } }: { list: SuspectList; review: SavedReview }) {
  const { suspects, total } = list;
  const looked = suspects.filter(({ key }) => decisions.has(key)).length;
  const estimate = estimateLeft({ decisions, suspects, unseen: total - suspects.length });
  const text = `${count(looked)} of ${count(total)} looked at`;
  return (
    <>
      <div className="meter">
        <div>
          <span>{text}</span>
          <span className="quiet" role="status">
            {saving.problem ? "Not saved" : saving.waiting > 0 ? "Saving …" : looked > 0 ? "Saved in the draft" : ""}
          </span>
        </div>
        <progress aria-label={text} max={Math.max(total, 1)} value={looked} />
      </div>
      {looked === total ? <p className="note">All of it was looked at. Commit what you decided.</p> : null}
      {estimate && estimate.left > 0 ? (
        <p className="note">
          The last {estimate.looked} were right as they are. Of the {count(estimate.left)} left{" "}
          {estimate.expected < 1.5 ? "about one or none" : `about ${count(Math.round(estimate.expected))}`} will need a
          change: a good moment to stop.
        </p>
      ) : null}
    </>
  );
}

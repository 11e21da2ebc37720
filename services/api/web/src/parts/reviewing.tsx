// Going through what is worth a look, with keys alone if one likes: one picture at a time, or five.
import type { Dataset } from "@ursa/contracts/dataset";
import { useEffect, useState } from "react";
import { estimateLeft } from "../estimate-left.ts";
import { editOfKey } from "../review.ts";
import { movesOf, openAfter, type SuspectList } from "../review-moves.ts";
import { useKeys } from "../use-keys.ts";
import type { SavedReview } from "../use-review.ts";
import { count } from "../wording.ts";
import { FiveSuspects } from "./five-suspects.tsx";
import { OneSuspect } from "./one-suspect.tsx";

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

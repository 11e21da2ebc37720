import type { Dataset } from "@ursa/contracts/dataset";
import type { Suspect } from "@ursa/contracts/suspect";
import { usePicture } from "../pictures.ts";
import { editOfKey, kept, labelled, leftOut, twinOf, wordsOfEdit } from "../review.ts";
import type { Moves } from "../review-moves.ts";
import type { SavedReview } from "../use-review.ts";
import { count } from "../wording.ts";
import { DecisionChoice } from "./decision-choice.tsx";
import { LooksLike, SuspectPicture } from "./suspect-picture.tsx";

export type ShownProps = {
  dataset: Dataset;
  suspects: readonly Suspect[];
  at: number;
  review: SavedReview;
  moves: Moves;
};

const SIDE = 768;
/** Classes that have a key of their own. */
const KEYS = 9;

/** One picture, large, with everything that can be said of it as buttons. */
export function OneSuspect({ dataset, suspects, at, total, review, moves }: ShownProps & { total: number }) {
  const suspect = suspects[at];
  // The next one is there when it is gone to.
  usePicture({ dataset: dataset.id, key: suspects[at + 1]?.key ?? suspect?.key ?? "", size: SIDE });
  if (!suspect) return null;
  const decision = review.decisions.get(suspect.key);
  const twin = suspect.reasons.find(({ of }) => of !== undefined)?.of;
  return (
    <div className="suspect">
      <div className={twin === undefined ? "pictures" : "pictures two"}>
        <SuspectPicture dataset={dataset.id} item={suspect.key} size={SIDE} says={suspect.class} />
        {twin === undefined ? null : <SuspectPicture dataset={dataset.id} item={twin} size={SIDE} />}
      </div>
      <div>
        <div aria-live="polite">
          <p className="quiet">
            {count(at + 1)} of {count(total)} · item {suspect.key}
            {suspect.split ? ` · ${suspect.split}` : ""}
          </p>
          <h2>
            <LooksLike suspect={suspect} />
          </h2>
          <ul className="reasons">
            {suspect.reasons.map(({ suspicion, says }) => (
              <li key={suspicion}>{says}</li>
            ))}
          </ul>
          {decision ? (
            <p>
              You said: <b>{wordsOfEdit(decision)}</b>
            </p>
          ) : null}
        </div>
        <Decisions dataset={dataset} suspect={suspect} review={review} moves={moves} />
      </div>
    </div>
  );
}

type DecisionsProps = { dataset: Dataset; suspect: Suspect; review: SavedReview; moves: Moves };

function Decisions({ dataset: { classes }, suspect, review, moves }: DecisionsProps) {
  const same = twinOf(suspect) === undefined ? undefined : editOfKey("s", suspect, classes);
  const likely = suspect.reasons.find(({ looksLike }) => looksLike !== undefined)?.looksLike;
  return (
    <>
      <p className="actions">
        <button type="button" onClick={() => moves.decide(kept(suspect))}>
          {suspect.outcome === "ok" ? "Keep" : `Use as ${suspect.class}`} <kbd>K</kbd>
        </button>
        <button type="button" onClick={() => moves.decide(leftOut(suspect))}>
          {suspect.outcome === "ok" ? "Delete" : "Leave out"} <kbd>D</kbd>
        </button>
        {same ? (
          <button type="button" className="second" onClick={() => moves.decide(same)}>
            Same picture: keep the other <kbd>S</kbd>
          </button>
        ) : null}
      </p>
      <fieldset className="actions relabel">
        <legend>It is</legend>
        {classes.slice(0, KEYS).map((name, index) => (
          <button
            key={name}
            type="button"
            className={name === likely ? undefined : "second"}
            onClick={() => moves.decide(labelled(suspect, name))}
          >
            {name} <kbd>{index + 1}</kbd>
          </button>
        ))}
        {classes.length > KEYS ? (
          <DecisionChoice classes={classes} item={suspect} review={review} onDecide={moves.decide} />
        ) : null}
      </fieldset>
    </>
  );
}

import type { Edit } from "@ursa/contracts/edits";
import type { Suspect } from "@ursa/contracts/suspect";
import { kept, labelled, leftOut, twinOf } from "../review.ts";
import type { SavedReview } from "../use-review.ts";

type Props = { classes: readonly string[]; suspect: Suspect; review: SavedReview; onDecide(edit: Edit): void };

/** Everything that can be said of a suspect, in one list. */
export function DecisionChoice({ classes, suspect, review: { decisions }, onDecide }: Props) {
  const { key, outcome } = suspect;
  const of = twinOf(suspect);
  const choices: [string, Edit][] = [
    [outcome === "ok" ? "keep" : `use as ${suspect.class}`, kept(suspect)],
    [outcome === "ok" ? "delete" : "leave out", leftOut(suspect)],
    ...(of === undefined ? [] : [[`same as item ${of}`, { action: "same", key, of }] satisfies [string, Edit]]),
    ...classes
      .filter((name) => name !== suspect.class)
      .map((name): [string, Edit] => [`is ${name}`, labelled(suspect, name)]),
  ];
  const said = decisions.get(key);
  const at = choices.findIndex(([, edit]) => said && isSame(edit, said));
  return (
    <select
      aria-label={`What item ${key} is`}
      value={at}
      onChange={({ target }) => {
        const [, edit] = choices[Number(target.value)] ?? [];
        if (edit) onDecide(edit);
      }}
    >
      <option value={-1}>not yet said</option>
      {choices.map(([text], index) => (
        <option key={text} value={index}>
          {text}
        </option>
      ))}
    </select>
  );
}

const isSame = (a: Edit, b: Edit): boolean =>
  a.action === b.action && (a.action !== "relabel" || b.action !== "relabel" || a.class === b.class);

import type { Edit } from "@ursa/contracts/edits";
import { type Judged, kept, labelled, leftOut, twinOf } from "../review.ts";
import type { SavedReview } from "../use-review.ts";

type Props = { classes: readonly string[]; item: Judged; review: SavedReview; onDecide(edit: Edit): void };

/** Everything that can be said of an item, in one list; its first entry takes back what was said. */
export function DecisionChoice({ classes, item, review: { decisions, takeBack }, onDecide }: Props) {
  const choices = choicesOf(item, classes);
  const said = decisions.get(item.key);
  const at = choices.findIndex(([, edit]) => said && isSame(edit, said));
  return (
    <select
      aria-label={`What item ${item.key} is`}
      value={at}
      onChange={({ target }) => {
        const [, edit] = choices[Number(target.value)] ?? [];
        if (edit) onDecide(edit);
        else takeBack(item);
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

/** What was taken out of use before stays out when nothing is said. */
function choicesOf(item: Judged, classes: readonly string[]): [string, Edit][] {
  const { key, outcome } = item;
  const of = twinOf(item);
  return [
    [outcome === "ok" ? "keep" : `use as ${item.class}`, kept(item)],
    ...(outcome === "removed" ? [] : [leaving(item)]),
    ...(of === undefined ? [] : [[`same as item ${of}`, { action: "same", key, of }] satisfies [string, Edit]]),
    ...classes
      .filter((name) => name !== item.class)
      .map((name): [string, Edit] => [`is ${name}`, labelled(item, name)]),
  ];
}

const leaving = (item: Judged): [string, Edit] => [item.outcome === "ok" ? "delete" : "leave out", leftOut(item)];

const isSame = (a: Edit, b: Edit): boolean =>
  a.action === b.action && (a.action !== "relabel" || b.action !== "relabel" || a.class === b.class);

import type { Measured } from "@ursa/contracts/evaluation";
import { useState } from "react";
import { count, counted } from "../wording.ts";
import { Term } from "./term.tsx";

/** A class that was taken for another, or for itself. */
export type Pair = { class: string; predicted: string };
type Props = {
  classes: string[];
  measured: Measured;
  chosen: Pair | undefined;
  onChoose(pair: Pair | undefined): void;
};

/** A wider table is no help; the pairs that were confused most are listed below it. */
const MOST_CLASSES = 25;

/** Rows are the true classes. A cell shows its pictures below, and once more all of them. */
export function ConfusionMatrix({ classes, measured, ...choice }: Props) {
  return (
    <>
      <h3>
        <Term of="confusion matrix">Confusion matrix</Term>
      </h3>
      {classes.length <= MOST_CLASSES ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="scroll" tabIndex={0} aria-label="Confusion matrix">
          <table className="confusion">
            <thead>
              <tr>
                <th scope="col">true \ predicted</th>
                {classes.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {measured.confusion.map((row, at) => (
                <Row key={classes[at]} row={row} actual={classes[at] ?? ""} classes={classes} {...choice} />
              ))}
            </tbody>
          </table>
        </section>
      ) : (
        <p className="quiet">
          {counted(classes.length, "class", "classes")} would make it too wide to be read: its cells off the diagonal
          are listed.
        </p>
      )}
      <MostConfused pairs={measured.mostConfused} {...choice} />
    </>
  );
}

type RowProps = Omit<Props, "measured"> & { row: number[]; actual: string };

function Row({ row, actual, classes, chosen, onChoose }: RowProps) {
  const all = row.reduce((sum, cell) => sum + cell, 0);
  return (
    <tr>
      <th scope="row">{actual}</th>
      {row.map((cell, at) => {
        const pair = { class: actual, predicted: classes[at] ?? "" };
        const isChosen = isSame(pair, chosen);
        return (
          <td key={pair.predicted} className={pair.predicted === actual ? "right" : undefined}>
            {cell === 0 ? (
              <span className="quiet">·</span>
            ) : (
              <button
                type="button"
                style={shareOf(cell / all)}
                aria-pressed={isChosen}
                aria-label={`${actual} taken for ${pair.predicted}: ${cell}`}
                onClick={() => onChoose(isChosen ? undefined : pair)}
              >
                {count(cell)}
              </button>
            )}
          </td>
        );
      })}
    </tr>
  );
}

const isSame = (pair: Pair, other: Pair | undefined) =>
  pair.class === other?.class && pair.predicted === other.predicted;

/** How dark a cell is. React's type of styles knows no custom properties. */
const shareOf = (share: number) => ({ "--share": share }) as React.CSSProperties;

const FIRST_PAIRS = 8;
const MORE_PAIRS = 24;

type PairsProps = Pick<Props, "chosen" | "onChoose"> & { pairs: Measured["mostConfused"] };

function MostConfused({ pairs, chosen, onChoose }: PairsProps) {
  const [limit, setLimit] = useState(FIRST_PAIRS);
  const [min, setMin] = useState(1);
  if (pairs.length === 0) return <p>None was taken for another class.</p>;
  const found = pairs.filter(({ count: times }) => times >= min);
  return (
    <div className="chips">
      <span>Most confused:</span>
      {pairs.length > FIRST_PAIRS ? (
        <label className="inline">
          at least
          <input
            type="number"
            min={1}
            value={min}
            onChange={({ target }) => setMin(Math.max(1, target.valueAsNumber || 1))}
          />
          times
        </label>
      ) : null}
      {found.slice(0, limit).map(({ actual, predicted, count: times }) => {
        const pair = { class: actual, predicted };
        const isChosen = isSame(pair, chosen);
        return (
          <button
            key={`${actual} ${predicted}`}
            type="button"
            className="second"
            aria-pressed={isChosen}
            onClick={() => onChoose(isChosen ? undefined : pair)}
          >
            {actual} → {predicted} ({count(times)})
          </button>
        );
      })}
      {found.length > limit ? (
        <button type="button" className="plain" onClick={() => setLimit(limit + MORE_PAIRS)}>
          Show more of {counted(found.length, "pair")}
        </button>
      ) : null}
    </div>
  );
}

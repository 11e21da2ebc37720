// What answered pictures say about a model, all together and for each side of the split, and the temperature of the validation side.
import type { EvaluatedItem, EvaluationResult, Measured } from "@ursa/contracts/evaluation";
import { fitTemperature } from "./calibration.ts";
import { createTally, type EvaluationTally, LEAST_PROBABILITY } from "./summarise-evaluation.ts";

/** A temperature is one number: more pictures than these tell it no better. */
const MOST_FITTED = 20_000;

export type Summary = Measured & Pick<EvaluationResult, "sides" | "temperature">;

/** @param classes the model's @throws RangeError for an answered item of another class */
export function createSummary(classes: readonly string[]): {
  add(item: EvaluatedItem): void;
  result(): Summary | undefined;
} {
  const all = createTally(classes);
  const sides = new Map<NonNullable<EvaluatedItem["split"]>, EvaluationTally>();
  const fitted: EvaluatedItem[] = [];
  return {
    add(item) {
      all.add(item);
      if (item.split === undefined) return;
      const side = sides.get(item.split) ?? createTally(classes);
      sides.set(item.split, side);
      side.add(item);
      if (item.split === "valid" && item.predictions && fitted.length < MOST_FITTED) fitted.push(item);
    },
    result() {
      const measured = all.result();
      if (!measured) return undefined;
      const temperature = temperatureOf(classes, fitted);
      return {
        ...measured,
        ...(sides.size > 1 ? { sides: bySide(sides) } : {}),
        ...(temperature ? { temperature } : {}),
      };
    },
  };
}

function bySide(sides: ReadonlyMap<NonNullable<EvaluatedItem["split"]>, EvaluationTally>): EvaluationResult["sides"] {
  const measured = [...sides].flatMap(([side, tally]) => {
    const result = tally.result();
    return result ? [[side, result] as const] : [];
  });
  return Object.fromEntries(measured);
}

function temperatureOf(classes: readonly string[], items: readonly EvaluatedItem[]) {
  const rows = new Float64Array(items.length * classes.length);
  for (const [i, { predictions = [] }] of items.entries()) {
    const byClass = new Map(predictions);
    for (const [c, name] of classes.entries())
      rows[i * classes.length + c] = Math.log(Math.max(byClass.get(name) ?? 0, LEAST_PROBABILITY));
  }
  return fitTemperature(
    rows,
    items.map((item) => classes.indexOf(item.class)),
  );
}

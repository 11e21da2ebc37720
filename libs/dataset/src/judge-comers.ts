// What becomes of the usable pictures that come to a version: their side of the split, or why they are not used. In version 1
// all come and nothing stands; later what stands never changes for what comes.
import type { Item } from "@ursa/contracts/dataset";
import { resolveRepeats } from "./repeats.ts";
import { assignSplit, extendSplit, type Side, type SplitItem } from "./split.ts";
import type { Holder, Standing } from "./standing.ts";

/** `split` is the mark of its list. A person's word brought a `restored` one back: to its side, where it had one. */
export type Comer = SplitItem & { isRestored: boolean; home?: Side | undefined };
/** Fields of its row. */
export type Verdict = Side | Required<Pick<Item, "outcome" | "of" | "reason">>;
type Cut = { validFraction: number; splitSeed: number };

/** @returns by index, for every one that comes */
export function judgeComers(comers: readonly Comer[], standing: Standing, options: Cut): Map<number, Verdict> {
  const verdicts = new Map<number, Verdict>();
  const unheld = comers.filter((comer) => {
    const holder = standing.holderOf(comer.sha256);
    const isHeld = holder !== undefined && !(comer.isRestored && holder.outcome !== "ok");
    if (isHeld) verdicts.set(comer.index, heldBy(holder, comer));
    return !isHeld;
  });
  for (const [index, { outcome, of }] of resolveRepeats(unheld.map((comer) => ({ ...comer, content: comer.sha256 })))) {
    const where = outcome === "duplicate" ? `item ${of}` : `item ${of}, which has another class`;
    verdicts.set(index, { outcome, of: String(of), reason: `the same picture as ${where}` });
  }
  const usable = unheld.filter(({ index }) => !verdicts.has(index));
  const fresh = usable.filter((comer) => !joinSide(comer, standing, verdicts));
  for (const [index, side] of splitFresh(fresh, standing, options)) verdicts.set(index, side);
  return verdicts;
}

/** The same bytes are there: whoever stands stays, and of two labels only a person can choose. */
function heldBy({ index, class: name, outcome }: Holder, comer: Comer): Verdict {
  const isSame = name === comer.class && outcome !== "label_conflict";
  const which = isSame ? (outcome === "removed" ? ", which was removed" : "") : ", which has another class";
  const reason = `the same picture as item ${index}${which}`;
  return { outcome: isSame ? "duplicate" : "label_conflict", of: String(index), reason };
}

/** @returns false where nothing tells its side yet */
function joinSide(comer: Comer, standing: Standing, verdicts: Map<number, Verdict>): boolean {
  const look = standing.lookOf(comer);
  if (comer.home) verdicts.set(comer.index, comer.home);
  else if (!look) return false;
  else if (!look.isTorn && (comer.split ?? look.side.split) === look.side.split) verdicts.set(comer.index, look.side);
  else {
    // On either side it would show training what validation asks.
    const reason = `looks the same as item ${look.index}, and would stand on both sides of the split`;
    verdicts.set(comer.index, { outcome: "duplicate", of: String(look.index), reason });
  }
  return true;
}

function splitFresh(fresh: readonly Comer[], standing: Standing, options: Cut): [number, Side][] {
  return [...Map.groupBy(fresh, (comer) => comer.class)].flatMap(([name, members]) => {
    const sides = standing.sidesOf(name);
    return [...(sides ? extendSplit(members, sides, options) : assignSplit(members, options))];
  });
}

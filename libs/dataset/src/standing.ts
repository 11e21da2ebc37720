// What a version has already when items come to it: which contents, which looks, on which sides. A few facts of each row.
import type { Item } from "@ursa/contracts/dataset";
import type { ClassSides, Side } from "./split.ts";

/** In order of what counts when several rows have the same content. */
const HELD = ["removed", "label_conflict", "ok"] as const;
export type Holder = { index: number; class: string; outcome: (typeof HELD)[number] };
/** A class's pictures that look alike; `isTorn` when they stand on two sides. */
export type Look = { index: number; side: Side; isTorn: boolean };

export interface Standing {
  add(item: Item): void;
  /** The row that has these bytes. */
  holderOf(sha256: string): Holder | undefined;
  /** Of the pictures that have a side, or had one until a person removed them. */
  lookOf(item: { class: string; perceptualHash: string }): Look | undefined;
  /** Undefined for a class without a usable picture. */
  sidesOf(className: string): ClassSides | undefined;
}

export function createStanding(): Standing {
  const contents = new Map<string, Holder>();
  const looks = new Map<string, Look>();
  const classes = new Map<string, ClassSides>();
  return {
    add(item) {
      const { index, class: name, sha256, split, rank } = item;
      const outcome = HELD.find((held) => held === item.outcome);
      if (!sha256 || !outcome) return;
      const before = contents.get(sha256);
      if (!before || HELD.indexOf(outcome) > HELD.indexOf(before.outcome))
        contents.set(sha256, { index, class: name, outcome });
      const side = split ? { split, ...(rank === undefined ? {} : { rank }) } : sideOfRemoved(item);
      if (side) noteLook(looks, lookKey(name, item.perceptualHash ?? sha256), { index, side, isTorn: false });
      if (split) noteSide(classes, name, item);
    },
    holderOf: (sha256) => contents.get(sha256),
    lookOf: (item) => looks.get(lookKey(item.class, item.perceptualHash)),
    sidesOf: (name) => classes.get(name),
  };
}

const lookKey = (name: string, perceptualHash: string) => `${perceptualHash} ${name}`;

const sideOfRemoved = ({ outcome, reserved }: Item): Side | undefined => (outcome === "removed" ? reserved : undefined);

function noteLook(looks: Map<string, Look>, key: string, seen: Look): void {
  const first = looks.get(key);
  if (!first) looks.set(key, seen);
  else if (first.side.split !== seen.side.split) first.isTorn = true;
}

function noteSide(classes: Map<string, ClassSides>, name: string, { split, rank }: Item): void {
  const sides = classes.get(name) ?? { train: false, valid: false, isMarkedValid: false };
  classes.set(name, {
    train: sides.train || split === "train",
    valid: sides.valid || split === "valid",
    isMarkedValid: sides.isMarkedValid || (split === "valid" && rank === undefined),
  });
}

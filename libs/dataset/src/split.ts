// Which side of the split each picture is on: decided by content and a fixed seed, so that neither the order of the lists
// nor the machine matters, and pictures that look the same never end up on both sides.
import { createHash } from "node:crypto";
import type { Split } from "@ursa/contracts/dataset";

/** A usable picture. `split` is set where its list said so. */
export type SplitItem = {
  index: number;
  class: string;
  sha256: string;
  perceptualHash: string;
  split?: Split | undefined;
};
/** `rank` in [0, 1) is set where the seed decided, and only there may a run cut anew. */
export type Side = { split: Split; rank?: number | undefined };
export type SideCounts = Record<Split | "unmarked", number>;

/** Whether a class with these counts can have a picture on each side. */
export const hasBothSides = ({ train, valid, unmarked }: SideCounts): boolean =>
  valid > 0 ? train + unmarked > 0 : unmarked > 0 && train + unmarked > 1;

/**
 * Marked pictures keep their side, and unmarked ones that look the same as a marked one join it. The other unmarked ones go to
 * train where their class has pictures marked valid; else their groups are ranked by hash(splitSeed, group), and the first
 * `validFraction` of them are valid.
 * @returns by index, for every item
 */
export function assignSplit(
  items: readonly SplitItem[],
  { validFraction, splitSeed }: { validFraction: number; splitSeed: number },
): Map<number, Side> {
  const sides = new Map<number, Side>();
  for (const members of groupBy(items, (item) => item.class).values()) {
    const isMarkedValid = members.some((item) => item.split === "valid");
    const isMarkedTrain = members.some((item) => item.split === "train");
    const free = placeMarked(members, sides);
    const cut = { validFraction, splitSeed, mayTakeAll: isMarkedTrain };
    const found = isMarkedValid ? free.map(({ index }): Placed => [index, { split: "train" }]) : rankAndCut(free, cut);
    for (const [index, side] of found) sides.set(index, side);
  }
  return sides;
}

/** How many of `ranks`, ascending, are valid: those below the fraction, but at least one, and not all of them unless train has other pictures. */
export function countValid(ranks: readonly number[], validFraction: number, mayTakeAll = false): number {
  const below = ranks.filter((rank) => rank < validFraction).length;
  return Math.min(Math.max(below, 1), mayTakeAll ? ranks.length : ranks.length - 1);
}

/** On which sides a class has pictures already. Of one whose lists had marked valid pictures, the unmarked ones go to train. */
export type ClassSides = { train: boolean; valid: boolean; isMarkedValid: boolean };

/**
 * As assignSplit, for more pictures of one class whose others have their sides and keep them. A group's rank is the place of its
 * hash among all that hashes may be, so that it does not depend on how many groups there are.
 */
export function extendSplit(
  members: readonly SplitItem[],
  has: ClassSides,
  { validFraction, splitSeed }: { validFraction: number; splitSeed: number },
): Map<number, Side> {
  const sides = new Map<number, Side>();
  const free = placeMarked(members, sides);
  const marks = new Set(members.map(({ split }) => split));
  if (has.isMarkedValid || marks.has("valid")) {
    for (const { index } of free) sides.set(index, { split: "train" });
    return sides;
  }
  const groups = [...groupBy(free, (item) => item.perceptualHash)].map(([id, group]) => ({
    rank: Number.parseInt(hashOf(splitSeed, id).slice(0, RANK_DIGITS), 16) / 16 ** RANK_DIGITS,
    group,
  }));
  groups.sort((a, b) => a.rank - b.rank);
  const below = groups.filter(({ rank }) => rank < validFraction).length;
  const valid = Math.min(
    has.valid ? below : Math.max(below, 1),
    has.train || marks.has("train") ? groups.length : groups.length - 1,
  );
  for (const [place, { rank, group }] of groups.entries())
    for (const { index } of group) sides.set(index, { split: place < valid ? "valid" : "train", rank });
  return sides;
}

/** Hexadecimal digits that a double holds exactly. */
const RANK_DIGITS = 13;

// Where marks disagree about one group, the side that training sees least wins.
const PRECEDENCE: readonly Split[] = ["test", "valid", "train"];

/** Places the marked items and the groups they are in; returns the rest. */
function placeMarked(members: readonly SplitItem[], sides: Map<number, Side>): SplitItem[] {
  const groups = groupBy(members, (item) => item.perceptualHash);
  const sideOf = (group: readonly SplitItem[]) =>
    PRECEDENCE.find((split) => group.some((item) => item.split === split));
  const joined = new Map([...groups].map(([hash, group]) => [hash, sideOf(group)]));
  return members.filter(({ index, split, perceptualHash }) => {
    const side = split ?? joined.get(perceptualHash);
    if (side) sides.set(index, { split: side });
    return side === undefined;
  });
}

type Placed = [index: number, side: Side];
type Cut = { validFraction: number; splitSeed: number; mayTakeAll: boolean };

function rankAndCut(items: readonly SplitItem[], { validFraction, splitSeed, mayTakeAll }: Cut): Placed[] {
  const groups = groupsOf(items, mayTakeAll);
  const ranked = [...groups].map(([id, members]) => ({ order: hashOf(splitSeed, id), members }));
  ranked.sort((a, b) => (a.order < b.order ? -1 : 1));
  const ranks = ranked.map((_, position) => position / ranked.length);
  const valid = countValid(ranks, validFraction, mayTakeAll);
  return ranked.flatMap(({ members }, position) => {
    const side: Side = { split: position < valid ? "valid" : "train", rank: position / ranked.length };
    return members.map(({ index }): Placed => [index, side]);
  });
}

/** When all pictures of a class look the same, each is its own group: an empty side would be worse. */
function groupsOf(items: readonly SplitItem[], mayTakeAll: boolean): Map<string, SplitItem[]> {
  const groups = groupBy(items, (item) => item.perceptualHash);
  return groups.size > 1 || mayTakeAll ? groups : groupBy(items, (item) => item.sha256);
}

const hashOf = (splitSeed: number, group: string) =>
  createHash("sha256").update(`${splitSeed}\n${group}`).digest("hex");

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  return Map.groupBy(items, keyOf);
}

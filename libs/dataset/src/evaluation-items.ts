// The pictures of an evaluation: the usable items of a manifest on one side of its split, in parts of fixed size, so that a
// worker that dies leaves finished parts behind. Only reads: no item ever changes its side for being evaluated.
import type { Item } from "@ursa/contracts/dataset";
import { type EvaluatedItem, type Evaluation, evaluatedItemSchema } from "@ursa/contracts/evaluation";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { readItems } from "./manifest.ts";
import { readIfThere, writeOnce } from "./parts.ts";
import { cutOf } from "./training-set.ts";

/** Some seconds of work: what a killed worker has done in vain. */
const PART_ITEMS = 64;

export type EvaluationItems = {
  count: number;
  /** In index order, each with its side in this evaluation as `split`; each part but the last has 64. */
  parts(): AsyncGenerator<Item[]>;
};

type Chosen = Pick<Evaluation, "split" | "validFraction">;

/** @throws ObjectNotFound when there is no manifest */
export async function openEvaluationItems(
  store: ObjectStore,
  manifest: string,
  { split, validFraction }: Chosen,
): Promise<EvaluationItems> {
  const usable = () => readItems(store, manifest, { outcome: "ok" });
  const places: Pick<Item, "class" | "rank" | "split">[] = [];
  for await (const { class: name, rank, split: side } of usable()) places.push({ class: name, rank, split: side });
  const sideOf = validFraction === undefined ? (item: Pick<Item, "split">) => item.split : cutOf(places, validFraction);
  const isChosen = (side: Item["split"]) => split === "all" || side === split;
  return {
    count: places.filter((place) => isChosen(sideOf(place))).length,
    async *parts() {
      let part: Item[] = [];
      for await (const item of usable()) {
        const side = sideOf(item);
        if (!isChosen(side)) continue;
        part.push({ ...item, ...(side ? { split: side } : {}) });
        if (part.length < PART_ITEMS) continue;
        yield part;
        part = [];
      }
      if (part.length > 0) yield part;
    },
  };
}

/** The part's answers: those that are stored, or else those of `answer`, which then are. The first ones written stand. */
export async function answersOfPart(
  store: ObjectStore,
  { owner, part }: { owner: Pick<Evaluation, "namespace" | "id">; part: number },
  answer: () => Promise<EvaluatedItem[]>,
): Promise<EvaluatedItem[]> {
  const key = keys.evaluation.answers(owner, part);
  const there = await readIfThere(store, key, evaluatedItemSchema);
  if (there) return there;
  const answers = await answer();
  if (await writeOnce(store, key, answers)) return answers;
  return answersOfPart(store, { owner, part }, answer);
}

// Which pictures two evaluations have in common: the same bytes, on the wanted side of the split for both models, answered by both.
import type { ComparedSplit, NotShared, SharedPicture } from "@ursa/contracts/comparison";
import type { EvaluatedItem } from "@ursa/contracts/evaluation";
import type { ObjectStore } from "@ursa/store/object-store";
import { everyAnswer } from "./evaluated-items.ts";
import { readItems } from "./manifest.ts";
import type { Owner } from "./owner.ts";

/** An evaluation of everything in a dataset, the key of that dataset's manifest, and what the model knows. */
export type AnsweredDataset = { evaluation: Owner; manifest: string; classes: readonly string[] };
export type SharedAnswers = { pictures: SharedPicture[]; notShared: NotShared };

type Asked = { before: AnsweredDataset; after: AnsweredDataset; newer: "before" | "after"; split: ComparedSplit };

/**
 * In the order of the newer dataset, whose keys, classes and sides count. In memory is what both say of that side.
 * @throws ObjectNotFound without a manifest
 */
export async function readSharedAnswers(store: ObjectStore, asked: Asked): Promise<SharedAnswers> {
  const { before, after, newer, split } = asked;
  const isOne = before.manifest === after.manifest;
  const contents = await contentsOf(store, after.manifest);
  const sides = {
    before: await answersBySha(store, before, {
      split,
      contents: isOne ? contents : await contentsOf(store, before.manifest),
    }),
    after: await answersBySha(store, after, { split, contents }),
  };
  const [now, old] = newer === "after" ? [sides.after, sides.before] : [sides.before, sides.after];
  const notShared: NotShared = { added: 0, removed: 0, otherSide: 0, unknownClass: 0, unread: 0 };
  const pictures: SharedPicture[] = [];
  const isKnown = (name: string) => before.classes.includes(name) && after.classes.includes(name);
  for (const [sha256, item] of now) {
    if (item === "elsewhere") continue;
    const other = old.get(sha256);
    const why = whyNot(item, other, isKnown);
    if (why) notShared[why] += 1;
    else if (other && other !== "elsewhere") {
      const { key, class: name, url } = item;
      pictures.push({
        key,
        class: name,
        url,
        ...(newer === "after" ? { before: other, after: item } : { before: item, after: other }),
      });
    }
  }
  for (const [sha256, item] of old) {
    if (item === "elsewhere") continue;
    const other = now.get(sha256);
    if (!other) notShared.removed += 1;
    else if (other === "elsewhere") notShared.otherSide += 1;
  }
  return { pictures, notShared };
}

/** Of a picture that is not on the wanted side only this is kept. */
type Answer = EvaluatedItem | "elsewhere";

function whyNot(
  item: EvaluatedItem,
  other: Answer | undefined,
  isKnown: (name: string) => boolean,
): keyof NotShared | undefined {
  if (!other) return "added";
  if (other === "elsewhere") return "otherSide";
  if (!isKnown(item.class)) return "unknownClass";
  return item.predicted === undefined || other.predicted === undefined ? "unread" : undefined;
}

/** sha256 by item key, of the pictures that are in use. */
async function contentsOf(store: ObjectStore, manifest: string): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  for await (const { key, sha256 } of readItems(store, manifest, { outcome: "ok" }))
    if (sha256) contents.set(key, sha256);
  return contents;
}

type Wanted = { split: ComparedSplit; contents: ReadonlyMap<string, string> };

async function answersBySha(
  store: ObjectStore,
  { evaluation }: AnsweredDataset,
  { split, contents }: Wanted,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  for await (const item of everyAnswer(store, evaluation)) {
    const sha256 = contents.get(item.key);
    if (sha256) answers.set(sha256, item.split === split ? item : "elsewhere");
  }
  return answers;
}

// One list of what a person should look at, what helps most first, each with its reasons in words.
import type { Reason, Suspicion } from "@ursa/contracts/suspect";
import { at } from "@ursa/tensor/layout";
import type { LabelSuspect } from "./confident-learning.ts";
import type { Findings, InspectedPicture } from "./findings.ts";
import { flawsOf } from "./picture-quality.ts";

/** `index` of the picture; the reasons' best first. */
export type WorthALook = { index: number; benefit: number; reasons: Reason[] };

/**
 * How much harm each does where it is so, beside a wrong label: that teaches the wrong thing and is scored against it. A leak makes
 * the score look better than it is; the others waste a place. They are judgements, and order only what differs in kind.
 */
const HARM: Record<Suspicion, number> = {
  label: 1,
  conflict: 0.8,
  leak: 0.45,
  off_topic: 0.4,
  duplicate: 0.3,
  tiny: 0.25,
  blurry: 0.2,
  dark: 0.2,
  odd_aspect: 0.1,
};

type Pictures = readonly InspectedPicture[];
type Noted = Reason & { index: number };

/** @param classes names, in label order */
export function listWorthALook(pictures: Pictures, classes: readonly string[], findings: Findings): WorthALook[] {
  const doubts = new Map(findings.labels.map((suspect) => [suspect.index, suspect]));
  const noted = [
    ...findings.labels.map((suspect) => labelReason(suspect, { pictures, classes })),
    ...findings.pairs.map(({ a, b }) => pairReason([a, b], { pictures, classes, doubts })),
    ...findings.offTopic.map(({ index, score }) => offTopicReason(index, score)),
    ...flawReasons(pictures),
  ];
  return [...Map.groupBy(noted, ({ index }) => index)]
    .map(([index, all]) => {
      const reasons = all.map(({ index: _, ...reason }) => reason).sort((a, b) => b.benefit - a.benefit);
      return { index, reasons, benefit: at(reasons, 0).benefit };
    })
    .sort((a, b) => b.benefit - a.benefit || a.index - b.index);
}

type Named = { pictures: Pictures; classes: readonly string[] };

function labelReason({ index, looksLike, margin, doubt }: LabelSuspect, { pictures, classes }: Named): Noted {
  const { label } = at(pictures, index);
  const other = at(classes, looksLike);
  return {
    ...{ index, suspicion: "label", benefit: doubt * HARM.label, looksLike: other, margin },
    says: `labelled ${at(classes, label)}, looks like ${other}: by the other pictures, its label is right with ${percent(1 - doubt)}`,
  };
}

type Doubts = ReadonlyMap<number, LabelSuspect>;

/** Told of one of the two: the one to change. */
function pairReason(pair: [number, number], { pictures, classes, doubts }: Named & { doubts: Doubts }): Noted {
  const [index, other] = orderPair(pair, pictures, doubts);
  const [one, kept] = [at(pictures, index), at(pictures, other)];
  const { key: of } = kept;
  const same = `nearly the same picture as item ${of}`;
  if (one.label !== kept.label) {
    const looksLike = at(classes, kept.label);
    const says = `${same}, which is labelled ${looksLike}`;
    return { index, suspicion: "conflict", benefit: HARM.conflict, of, looksLike, says };
  }
  if (one.split === kept.split) return { index, suspicion: "duplicate", benefit: HARM.duplicate, of, says: same };
  const says = `${same}, which is on the ${kept.split} side: a model that learns from the one knows the other`;
  return { index, suspicion: "leak", benefit: HARM.leak, of, says };
}

/** Of two labels the more doubtful, of two sides the training picture, of two copies the smaller one is the one to change. */
function orderPair([a, b]: [number, number], pictures: Pictures, doubts: Doubts): [number, number] {
  const [first, second] = [at(pictures, a), at(pictures, b)];
  const pixels = second.width * second.height - first.width * first.height;
  const differences = [
    first.label === second.label ? 0 : (doubts.get(a)?.doubt ?? 0) - (doubts.get(b)?.doubt ?? 0),
    first.split === second.split ? 0 : Number(first.split === "train") - Number(second.split === "train"),
    pixels,
  ];
  return (differences.find((difference) => difference !== 0) ?? -1) > 0 ? [a, b] : [b, a];
}

function offTopicReason(index: number, score: number): Noted {
  // At the limit of 3 a little better than even, at twice that three quarters.
  const sure = 1 - Math.exp(-score / 4);
  const says = `unlike every class, and unlike other pictures but for a few look-alikes: ${score.toFixed(1)} deviations farther away than usual`;
  return { index, suspicion: "off_topic", benefit: sure * HARM.off_topic, says };
}

function flawReasons(pictures: Pictures): Noted[] {
  const sorted = pictures.map(({ sharpness }) => sharpness).sort((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return pictures.flatMap((picture, index) =>
    flawsOf(picture, usual).map((flaw) => ({ index, benefit: HARM[flaw.suspicion], ...flaw })),
  );
}

/** Never "0 %" or "100 %" of something that is only likely. */
function percent(share: number): string {
  if (share < 0.01) return "less than 1 %";
  return `${Math.min(99, Math.round(100 * share))} %`;
}

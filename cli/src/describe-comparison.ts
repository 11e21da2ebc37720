// A comparison for people: the verdict, both models side by side, the confusion that came and went, and the pictures whose answer changed.
import {
  type ChangedPicture,
  type ComparisonResult,
  NOT_SHARED_WORDS,
  type NotShared,
} from "@ursa/contracts/comparison";
import { percent, table } from "./print.ts";

/** Wider tables wrap on a terminal; what changed in them is listed as pairs. */
const MOST_COLUMNS = 16;

/** @param options.top how many pictures of each kind are listed; `url` is where the API is */
export function describeComparison(result: ComparisonResult, { top, url }: { top: number; url: string }): string {
  const { before, after, says, dataset } = result;
  const picture = `${url.replace(/\/+$/, "")}/v1/datasets/${dataset.id}/items/ITEM/image`;
  const lists = [
    ...picturesOf("mended", result.mended, top),
    ...picturesOf("broken", result.broken, top),
    ...picturesOf("wrong before and after, otherwise", result.otherwiseWrong, top),
  ];
  return [
    `${before.model} ${before.stage}  to  ${after.model} ${after.stage}, by the labels of ${dataset.id} version ${dataset.version}`,
    says,
    ...apart(result),
    "",
    sideBySide(result),
    "",
    confusionChange(result),
    ...lists,
    ...(lists.length > 0 ? [`See a picture at ${picture}`] : []),
  ].join("\n");
}

/** What was not compared, and what had another label. */
function apart({ notShared, relabelled, shared }: ComparisonResult): string[] {
  const lines = Object.entries(NOT_SHARED_WORDS).flatMap(([why, words]) => {
    // The keys of WHY are those of notShared.
    const count = notShared[why as keyof NotShared];
    return count > 0 ? [`${count} ${words}`] : [];
  });
  return [
    ...(lines.length > 0 ? [`Not compared: ${lines.join(", ")}.`] : []),
    ...(relabelled > 0 ? [`${relabelled} of the ${shared} had another class in the older dataset.`] : []),
  ];
}

function sideBySide({ before, after }: ComparisonResult): string {
  const interval = (side: typeof before) => `${percent(side.errorRateLow)} to ${percent(side.errorRateHigh)}`;
  const share = (fraction: number | undefined) => (fraction === undefined ? "–" : percent(fraction));
  const recalls = before.perClass.flatMap((was, at) => {
    const is = after.perClass[at];
    return was.count > 0 ? [[`recall of ${was.class}`, share(was.recall), share(is?.recall)]] : [];
  });
  return table(
    ["", "before", "after"],
    [
      ["error", percent(before.errorRate), percent(after.errorRate)],
      ["wrong", `${before.wrong} of ${before.count}`, `${after.wrong} of ${after.count}`],
      ["95 %", interval(before), interval(after)],
      ["loss", before.loss.toFixed(4), after.loss.toFixed(4)],
      ...recalls,
    ],
  );
}

/** Where more or fewer pictures are now: rows are the true classes. */
function confusionChange({ classes, confusionChange: change }: ComparisonResult): string {
  const pairs = change.flatMap((row, actual) =>
    row.flatMap((more, predicted) =>
      more === 0 ? [] : [[classes[actual] ?? "", classes[predicted] ?? "", signed(more)]],
    ),
  );
  if (pairs.length === 0) return "The confusion of both is the same.";
  if (classes.length > MOST_COLUMNS) return table(["true", "predicted", "pictures"], pairs.slice(0, 40));
  const rows = change.map((row, actual) => [
    classes[actual] ?? "",
    ...row.map((more) => (more === 0 ? "·" : signed(more))),
  ]);
  return table(["true \\ predicted", ...classes], rows);
}

const signed = (more: number) => (more > 0 ? `+${more}` : String(more));

function picturesOf(what: string, { count, items }: { count: number; items: ChangedPicture[] }, top: number): string[] {
  if (count === 0 || top <= 0) return [];
  const rows = items
    .slice(0, top)
    .map((each) => [
      ...[each.class, each.before.predicted, each.after.predicted],
      ...[percent(each.before.probability), percent(each.after.probability), each.key, each.url],
    ]);
  const head = ["true", "before", "after", "of true, before", "after", "item", "url"];
  return ["", `${what}: ${count}`, table(head, rows)];
}

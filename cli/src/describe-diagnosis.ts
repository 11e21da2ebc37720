// A diagnosis for people: what was found with its numbers, what to try, and what could not be looked for.
import type { Diagnosis, Finding, FindingCode } from "@ursa/contracts/diagnosis";

export const NAMES: Record<FindingCode, string> = {
  learning_rate_too_high: "learning rate too high",
  learning_rate_too_low: "learning rate too low",
  too_few_epochs: "too few epochs",
  overfitting: "overfitting",
  too_little_data: "too little data",
  class_imbalance: "a rare class is told badly",
  leakage: "validation pictures that were trained on",
  label_noise: "wrong labels",
};

/** The finding, how sure it is, and in brackets the numbers that it stands on. */
export function describeDiagnosis({ model, stage, findings, notJudged }: Diagnosis): string {
  const head = stage ? `${model}  ${stage}` : `${model}  has finished no epoch: there is nothing to judge`;
  const nothing = stage && findings.length === 0 ? ["nothing wrong was found"] : [];
  const lacking = Map.groupBy(notJudged, ({ lacks }) => lacks);
  const open = [...lacking].map(([lacks, codes]) => {
    const { remedy, command } = codes[0] ?? {};
    const names = codes.map(({ code }) => NAMES[code]).join(", ");
    return [
      `not judged, for lack of ${lacks}: ${names}`,
      ...[remedy, command].flatMap((line) => (line ? [`  ${line}`] : [])),
    ].join("\n");
  });
  return [head, ...nothing, ...findings.map(describeFinding), open.join("\n")]
    .filter((part) => part !== "")
    .join("\n\n");
}

function describeFinding({ code, sure, saw, evidence, change }: Finding): string {
  const numbers = Object.entries(evidence).map(
    ([name, value]) => `${name} ${value === null ? "not a number" : Number(value.toPrecision(3))}`,
  );
  const start = change.command ? [`  ${change.command}`] : [];
  return [`${NAMES[code]} (${sure})`, `  ${saw}`, `  [${numbers.join(", ")}]`, `  ${change.says}`, ...start].join("\n");
}

/** One line after a run, for what was found; undefined where that is nothing. */
export function headline({ model, findings }: Diagnosis): string | undefined {
  if (findings.length === 0) return undefined;
  const names = findings.map(({ code, sure }) => `${NAMES[code]} (${sure})`).join(", ");
  return `Looks like ${names}: ${findings[0]?.change.says} See ursa model diagnose ${model}`;
}

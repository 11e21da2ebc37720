// What a run of the suite says at its end, in a line and in a table.
import type { Verdict } from "./run-fault.ts";
import type { Violation } from "./violation.ts";

/** Such as `31 of 31 faults, 0 lost, 0 duplicated`. */
export function closingLine(verdicts: readonly Verdict[]): string {
  const all = new Set(verdicts.map(nameOf));
  const failed = new Set(verdicts.filter(({ violations }) => violations.length > 0).map(nameOf));
  const count = (effect: Violation["effect"]) =>
    verdicts.flatMap(({ violations }) => violations).filter((violation) => violation.effect === effect).length;
  const kept = `${all.size - failed.size} of ${all.size} ${verdicts[0]?.fault.id === "mixed" ? "seeds" : "faults"}`;
  const broken = count("broken") > 0 ? `, ${count("broken")} promises broken` : "";
  return `${kept}, ${count("lost")} lost, ${count("duplicated")} duplicated${broken}`;
}

/** Mixed runs are told apart by their seeds, the others by their faults. */
const nameOf = ({ fault, seed }: Verdict): string => (fault.id === "mixed" ? `mixed ${seed}` : fault.id);

/** A Markdown table: each fault, its promise, and how often it was kept. */
export function reportOf(verdicts: readonly Verdict[]): string {
  const rows = [...Map.groupBy(verdicts, ({ fault }) => fault)].map(([{ id, title, promise }, runs]) => {
    const kept = runs.filter(({ violations }) => violations.length === 0).length;
    const seconds = runs.reduce((sum, run) => sum + run.seconds, 0) / runs.length;
    return `| ${id} | ${title} | ${promise} | ${kept} of ${runs.length} | ${seconds.toFixed(0)} s |`;
  });
  return ["| | Fault | Promise | Kept | A run takes |", "|---|---|---|---|---|", ...rows, ""].join("\n");
}

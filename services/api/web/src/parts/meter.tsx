import type { Progress } from "@ursa/contracts/record";
import { count, seconds } from "../wording.ts";

const PHASES: Record<Progress["phase"], string> = {
  fetch: "Fetching pictures",
  assemble: "Assembling",
  prepare: "Preparing",
  features: "Computing features",
  "lr-find": "Finding a learning rate",
  train: "Training",
  export: "Exporting",
  predict: "Predicting",
  collect: "Collecting results",
  evaluate: "Evaluating",
  inspect: "Looking for what is worth a look",
  sweep: "Training runs",
};

/** How far a job is, as the API last said. */
export function Meter({ progress, isCompact = false }: { progress: Progress | undefined; isCompact?: boolean }) {
  const text = progress ? phaseText(progress) : "Waiting for a worker";
  const numbers = progress && progress.total > 0 ? `${count(progress.done)} of ${count(progress.total)}` : "";
  return (
    <div className="meter">
      <div>
        <span>{text}</span>
        <span className="quiet">{isCompact ? numbers : [numbers, restOf(progress)].filter(Boolean).join(" · ")}</span>
      </div>
      <progress aria-label={text} {...(progress ? { max: Math.max(progress.total, 1), value: progress.done } : {})} />
    </div>
  );
}

function phaseText({ phase, stage, epoch, epochs }: Progress): string {
  const where = [stage?.replace("-", " "), epoch && epochs ? `epoch ${epoch} of ${epochs}` : undefined].filter(Boolean);
  return where.length > 0 ? `${PHASES[phase]}, ${where.join(", ")}` : PHASES[phase];
}

function restOf(progress: Progress | undefined): string {
  const { etaSeconds, imagesPerSecond } = progress ?? {};
  return [
    imagesPerSecond === undefined ? "" : `${Math.round(imagesPerSecond)} pictures/s`,
    etaSeconds === undefined ? "" : `about ${seconds(etaSeconds)} left in this stage`,
  ]
    .filter(Boolean)
    .join(" · ");
}

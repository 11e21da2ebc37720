// How far a model's confidence is to be believed, and what is left when it only answers where it is sure.
import type { EvaluationResult, Measured, Threshold } from "@ursa/contracts/evaluation";
import { count, percent } from "../wording.ts";
import { Chart } from "./chart.tsx";
import { type Column, Table } from "./table.tsx";
import { Term } from "./term.tsx";

type Props = { measured: Measured; temperature: EvaluationResult["temperature"] };

export function Belief({ measured: { calibration, thresholds }, temperature }: Props) {
  if (!calibration || !thresholds) return null;
  const { bins, expectedError } = calibration;
  return (
    <>
      <h3>
        <Term of="calibration">How sure it is</Term>
      </h3>
      <p>
        Its confidence is {percent(expectedError)} off on average (expected calibration error).
        {temperature ? ` ${temperatureWords(temperature)}` : ""}
      </p>
      <div className="charts">
        {bins.length > 1 ? (
          <Chart
            label="Share that is right, by confidence"
            xLabel="confidence"
            x={bins.map(({ confidence }) => confidence)}
            percentY
            percentX
            lines={[
              { label: "right", colour: "accent", values: bins.map(({ accuracy }) => accuracy) },
              {
                label: "as sure as it says",
                colour: "third",
                isDashed: true,
                values: bins.map((bin) => bin.confidence),
              },
            ]}
          />
        ) : null}
        <Table label="Thresholds" rows={thresholds} keyOf={({ confidence }) => String(confidence)} columns={COLUMNS} />
      </div>
    </>
  );
}

function temperatureWords({ value, count: pictures }: NonNullable<Props["temperature"]>): string {
  const how = value > 1 ? "surer than it should be" : "less sure than it could be";
  return `Temperature ${value.toFixed(2)}, fitted on ${count(pictures)} validation pictures: it is ${how}.`;
}

const COLUMNS: Column<Threshold>[] = [
  { name: "answer only when", cell: ({ confidence }) => `≥ ${percent(confidence, 0)} sure` },
  { name: "answers", isNumber: true, cell: ({ coverage }) => percent(coverage) },
  { name: "wrong", isNumber: true, cell: ({ wrong }) => count(wrong) },
  {
    name: "of the answers",
    isNumber: true,
    cell: ({ errorRate }) => (errorRate === undefined ? "–" : percent(errorRate)),
  },
];

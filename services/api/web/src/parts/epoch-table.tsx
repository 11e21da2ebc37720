import type { EpochRow } from "@ursa/contracts/model";
import { loss, percent, rate, seconds } from "../wording.ts";
import { type Column, Table } from "./table.tsx";

const COLUMNS: Column<EpochRow>[] = [
  { name: "stage", cell: ({ stage }) => stage.replace("-", " ") },
  { name: "epoch", term: "epoch", isNumber: true, cell: ({ epoch }) => epoch },
  { name: "train loss", term: "loss", isNumber: true, cell: ({ trainLoss }) => loss(trainLoss) },
  { name: "evaluated", isNumber: true, cell: ({ trainLossEval }) => loss(trainLossEval) },
  { name: "valid loss", term: "validation set", isNumber: true, cell: ({ validLoss }) => loss(validLoss) },
  { name: "error", term: "error rate", isNumber: true, cell: ({ errorRate }) => percent(errorRate) },
  {
    name: "95 % interval",
    isNumber: true,
    cell: (row) => `${percent(row.errorRateLow)} – ${percent(row.errorRateHigh)}`,
  },
  { name: "wrong", isNumber: true, cell: ({ wrong, validCount }) => `${wrong} of ${validCount}` },
  { name: "rate", term: "learning rate", isNumber: true, cell: ({ learningRate }) => rate(learningRate) },
  {
    name: "gradient norm",
    isNumber: true,
    cell: ({ gradientNorm: norm }) => (norm ? `${loss(norm.mean)}, at most ${loss(norm.largest)}` : "–"),
  },
  { name: "took", isNumber: true, cell: (row) => seconds(row.seconds) },
];

export const EpochTable = ({ epochs }: { epochs: EpochRow[] }) => (
  <Table label="Epochs" rows={epochs} keyOf={({ stage, epoch }) => `${stage} ${epoch}`} columns={COLUMNS} />
);

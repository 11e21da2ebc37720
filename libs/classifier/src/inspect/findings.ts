// What is found out about the pictures of a dataset, and what inspection must know of each of them.
import type { Split } from "@ursa/contracts/dataset";
import type { LabelSuspect } from "./confident-learning.ts";
import type { NearDuplicate } from "./neighbours.ts";
import type { OffTopic } from "./off-topic.ts";

export type InspectedPicture = {
  key: string;
  /** Index of its class. */
  label: number;
  split?: Split | undefined;
  /** 16 hex digits. */
  perceptualHash: string;
  /** Pixels. */
  width: number;
  height: number;
  /** As libs/imaging measures them. */
  sharpness: number;
  brightest: number;
};

export type Findings = {
  labels: LabelSuspect[];
  pairs: NearDuplicate[];
  offTopic: OffTopic[];
};

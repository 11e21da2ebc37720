// What an inspection found, for people.
import type { InspectionResult } from "@ursa/contracts/inspection";
import { type Suspect, sayOfNoise } from "@ursa/contracts/suspect";
import { table } from "./print.ts";

const pathBelow = (url: string, path: string): string => `${url.replace(/\/+$/, "")}/${path}`;

/** Where the web page shows the pictures and takes a person's decisions. @param url where the API is */
export const cleanPage = (url: string, dataset: string): string => pathBelow(url, `#/datasets/${dataset}/clean`);

type Shown = { suspects: readonly Suspect[]; top: number; url: string };

/** @param shown.suspects those that pass the filters, the most worth looking at first */
export function describeFound(result: InspectionResult, { suspects, top, url }: Shown): string {
  const { count, unread, dataset, directionalNoise } = result;
  const counts = Object.entries(result.suspicions).map(([suspicion, n]) => `${suspicion} ${n}`);
  const head = [
    `${result.suspects} of ${count} pictures of ${dataset.id} are worth a look: ${counts.join(", ") || "none"}`,
  ];
  if (unread > 0) head.push(`${unread} could not be read and were not looked at.`);
  const noise = directionalNoise.map(sayOfNoise);
  if (suspects.length === 0) return [...head, ...noise].join("\n");
  const rows = suspects
    .slice(0, top)
    .map(({ key, class: name, split = "", benefit, reasons }) => [
      ...[key, name, split, benefit.toFixed(2)],
      reasons.map(({ says }) => says).join("; "),
    ]);
  const more = suspects.length - rows.length;
  const tail = [
    ...(more > 0 ? [`${more} more: --top ${suspects.length}`] : []),
    `Look at them one by one: ${cleanPage(url, dataset.id)}`,
    `A picture alone is at ${pathBelow(url, `v1/datasets/${dataset.id}/items/ITEM/image`)}`,
  ];
  return [...head, ...noise, "", table(["item", "class", "split", "benefit", "why"], rows), "", ...tail].join("\n");
}

// What `ursa classify --heat-map` leaves: the picture with what spoke for its answer drawn over it.
import { writeFile } from "node:fs/promises";
import type { HeatMap } from "@ursa/contracts/heat-map";
import { drawHeatMap } from "@ursa/imaging/draw-heat-map";

/** @throws ImageRefused where the picture cannot be read here, although the API could */
export async function writeHeatMap(out: string, picture: Uint8Array, map: HeatMap): Promise<void> {
  await writeFile(out, await drawHeatMap(picture, map));
}

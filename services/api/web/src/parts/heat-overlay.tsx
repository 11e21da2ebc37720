// What a model looked at, drawn over the picture that it is of.
import { type HeatMap, heatPixels } from "@ursa/contracts/heat-map";
import { useEffect, useRef } from "react";
import { useAnswer } from "../use-answer.ts";

/** Fills its frame: a square in a square one, the centre square in any other. */
export function HeatOverlay({ map }: { map: HeatMap }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    canvas.current?.getContext("2d")?.putImageData(new ImageData(heatPixels(map), map.columns), 0, 0);
  }, [map]);
  const { rows: height, columns: width } = map;
  return <canvas ref={canvas} className="heat" {...{ width, height }} role="img" aria-label={saidOf(map)} />;
}

type ItemHeatProps = { model: string; item: string; name: string | undefined; onProblem(problem: unknown): void };

/** Of a picture of the model's own dataset, for the class `name`; a refusal is told to whoever shows many of them. */
export function ItemHeat({ model: id, item: key, name, onProblem }: ItemHeatProps) {
  const { value, problem } = useAnswer(`heat ${id} ${key} ${name}`, (client, signal) =>
    client.call("getHeatMap", { params: { id, key }, query: name === undefined ? {} : { class: name }, signal }),
  );
  useEffect(() => {
    if (problem) onProblem(problem);
  }, [problem, onProblem]);
  return value ? <HeatOverlay map={value} /> : null;
}

export function HeatToggle({ isOn, onChange }: { isOn: boolean; onChange(isOn: boolean): void }) {
  return (
    <label className="inline">
      <input type="checkbox" checked={isOn} onChange={({ target }) => onChange(target.checked)} />
      Show what the model looked at
    </label>
  );
}

const PARTS = ["first", "middle", "last"] as const;
const DOWN = { first: "top", middle: "middle", last: "bottom" };
const ACROSS = { first: "left", middle: "centre", last: "right" };

function saidOf({ class: name, rows, columns, values }: HeatMap): string {
  const strongest = values.indexOf(Math.max(...values));
  if (!values[strongest]) return `Heat map: nothing spoke for ${name}`;
  const third = (place: number, length: number) => PARTS[Math.floor((3 * place + 1.5) / length)] ?? "last";
  const [row, column] = [third(Math.floor(strongest / columns), rows), third(strongest % columns, columns)];
  return `Heat map: most of what spoke for ${name} is at the ${DOWN[row]} ${ACROSS[column]}`;
}

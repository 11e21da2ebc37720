// A small plot in the page's colours: axes around whatever is drawn in it.
import { type ReactNode, useId } from "react";

export type Range = readonly [low: number, high: number];
/** From values to the drawing's units. */
export type Place = (x: number, y: number) => string;
type Props = {
  label: string;
  xLabel: string;
  yLabel: string;
  x: Range;
  y: Range;
  /** y is the exponent of 10. */
  isLogY?: boolean;
  children(place: Place): ReactNode;
};

const [WIDTH, HEIGHT] = [400, 280];
const [LEFT, RIGHT, TOP, BOTTOM] = [58, 392, 8, 238];
/** What has left the plot is far outside of it, in its own direction, and still a number that a browser draws. */
const FAR = 1e7;
const near = (value: number) => Math.max(-FAR, Math.min(FAR, value)).toFixed(1);

export function Plot({ label, xLabel, yLabel, x, y, isLogY = false, children }: Props) {
  const clip = useId();
  const [across, up] = [widened(x), widened(y)];
  const toX = (value: number) => near(LEFT + ((value - across[0]) / (across[1] - across[0])) * (RIGHT - LEFT));
  const toY = (value: number) => near(BOTTOM - ((value - up[0]) / (up[1] - up[0])) * (BOTTOM - TOP));
  return (
    <figure className="chart">
      <figcaption>{label}</figcaption>
      <svg className="plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        <clipPath id={clip}>
          <rect x={LEFT} y={TOP} width={RIGHT - LEFT} height={BOTTOM - TOP} />
        </clipPath>
        <rect className="frame" x={LEFT} y={TOP} width={RIGHT - LEFT} height={BOTTOM - TOP} />
        {ticks(across).map((value) => (
          <text key={value} x={toX(value)} y={BOTTOM + 16} textAnchor="middle">
            {value}
          </text>
        ))}
        {ticks(up, isLogY).map((value) => (
          <text key={value} x={LEFT - 6} y={toY(value)} dy="4" textAnchor="end">
            {isLogY ? power(value) : value}
          </text>
        ))}
        <text x={(LEFT + RIGHT) / 2} y={HEIGHT - 8} textAnchor="middle">
          {xLabel}
        </text>
        <text transform={`translate(10 ${(TOP + BOTTOM) / 2}) rotate(-90)`} textAnchor="middle">
          {yLabel}
        </text>
        <g clipPath={`url(#${clip})`}>{children((a, b) => `${toX(a)},${toY(b)}`)}</g>
      </svg>
    </figure>
  );
}

/** The ends of what there is. */
export function rangeOf(values: readonly number[]): Range {
  return values.reduce<Range>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

/** A margin, so that nothing lies on the frame. */
function widened([low, high]: Range): Range {
  const margin = (high - low || Math.abs(low) || 1) * 0.04;
  return [low - margin, high + margin];
}

/** About five round values; of exponents, whole ones where there are some. */
function ticks([low, high]: Range, isExponent = false): number[] {
  const isWhole = isExponent && high - low > 1.5;
  const rough = (high - low) / 5;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 5, 10].map((one) => one * size).find((one) => one >= rough) ?? size, isWhole ? 1 : 0);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, at) => +((first + at) * step).toPrecision(10));
}

/** Decades as they are; between them to two digits. */
const power = (exponent: number) =>
  Math.abs(exponent) < 4 ? String(+(10 ** exponent).toPrecision(2)) : `1e${exponent}`;

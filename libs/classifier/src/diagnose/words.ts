// Numbers as a diagnosis writes them.
export const nats = (loss: number | null): string =>
  loss === null ? "no number" : Number(loss.toPrecision(3)).toString();
export const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;
export const rate = (value: number): string => Number(value.toPrecision(2)).toExponential();
export const times = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

// How numbers and times are written, the same on every page.
const NUMBERS = new Intl.NumberFormat("en");
const UNITS = ["B", "kB", "MB", "GB"];

export const count = (value: number): string => NUMBERS.format(value);

/** `3 pictures`, `1 picture`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** @param rate a fraction */
export const percent = (rate: number, digits = 1): string => `${(100 * rate).toFixed(digits)} %`;

/** In nats; null where a run diverged so far that it is no number. */
export const loss = (value: number | null): string => (value === null ? "not finite" : value.toFixed(4));

export const rate = (value: number): string => value.toExponential(1).replace("e+0", "").replace("e-", "e−");

export function seconds(value: number): string {
  if (value < 90) return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
  return value < 5400 ? `${Math.round(value / 60)} min` : `${(value / 3600).toFixed(1)} h`;
}

export function bytes(value: number): string {
  const step = value < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${UNITS[step]}`;
}

/** In the reader's own time zone. */
export const when = (iso: string): string =>
  new Date(iso).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** `http_4xx` as people read it. */
export const words = (name: string): string => name.replaceAll("_", " ").replaceAll("-", " ");

// What a part of `ursa bench load` is asked for, and what it tells.
export type PartOptions = {
  /** Instead of the part's own time. */
  minutes: number | undefined;
  /** Real photographs, one sub-folder per class; drawn ones when left out. */
  folder: string | undefined;
};

/** What is wanted of a number; one without either is only told. */
type Wanted = { most?: number | undefined; least?: number | undefined };
export type Bound = { what: string; value: number; unit: string } & Wanted;

/** `lines` stand above the bounds, for people. */
export type PartReport = { lines: string[]; bounds: Bound[] };
export type Part = (options: PartOptions) => Promise<PartReport>;

export const bound = (what: string, [value, unit = ""]: [number, string?], wanted: Wanted = {}): Bound => ({
  ...{ what, value, unit },
  ...wanted,
});

export const isMet = ({ value, most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY }: Bound): boolean =>
  value >= least && value <= most;

/** Progress of parts that take minutes. */
export const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

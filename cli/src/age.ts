// Ages as people type them: 90m, 36h, 7d.
import { InvalidArgumentError } from "commander";

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** @returns seconds */
export function parseAge(text: string): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  // The pattern takes only units that are keys.
  if (amount && unit) return Number(amount) * SECONDS[unit as keyof typeof SECONDS];
  throw new InvalidArgumentError("expected a number and a unit: 90m, 36h, 7d");
}

/** The largest unit that leaves a whole number of at least one, as people say it. */
export function describeAge(seconds: number): string {
  if (seconds >= 2 * SECONDS.d) return `${Math.floor(seconds / SECONDS.d)} d`;
  if (seconds >= 2 * SECONDS.h) return `${Math.floor(seconds / SECONDS.h)} h`;
  if (seconds >= 2 * SECONDS.m) return `${Math.floor(seconds / SECONDS.m)} min`;
  return `${Math.floor(seconds)} s`;
}

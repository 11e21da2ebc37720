// How near a caller is to its limits, in the headers RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers, the form it has
// had since its version 8): lists of structured fields (RFC 9651), one entry for each limit that the request was held to.

export type LimitState = {
  /** Lower-case letters and dashes, the same in every answer. */
  name: string;
  limit: number;
  /** Left out where it could not be counted. */
  remaining?: number | undefined;
  /** What is counted, where that is not requests. */
  unit?: string | undefined;
  /** After which it is counted anew; left out where it is given back instead. */
  windowSeconds?: number | undefined;
  resetSeconds?: number | undefined;
};

/** @param limits of several with one name the last holds. @returns no header without a limit */
export function limitHeaders(limits: readonly LimitState[]): Record<string, string> {
  if (limits.length === 0) return {};
  const latest = [...new Map(limits.map((each) => [each.name, each])).values()];
  const policies = latest.map(({ name, limit, unit, windowSeconds }) =>
    item(name, { q: whole(limit), w: whole(windowSeconds), qu: unit && JSON.stringify(unit) }),
  );
  const states = latest.flatMap(({ name, remaining, resetSeconds }) =>
    remaining === undefined ? [] : [item(name, { r: whole(Math.max(0, remaining)), t: whole(resetSeconds) })],
  );
  const state = states.length > 0 ? { ratelimit: states.join(", ") } : {};
  return { "ratelimit-policy": policies.join(", "), ...state };
}

/** Of what is left of a minute or a megabyte nobody can do anything whole with. */
const whole = (value: number | undefined) => (value === undefined ? undefined : String(Math.floor(value)));

/** A string with parameters. Names and units are ours and need no escapes. */
const item = (name: string, parameters: Record<string, string | undefined>): string =>
  [
    JSON.stringify(name),
    ...Object.entries(parameters).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`])),
  ].join(";");

/** What a violation costs the user: something is gone, something was done twice, or a promise was not kept. */
export type Effect = "lost" | "duplicated" | "broken";
export type Violation = { invariant: string; effect: Effect; what: string };

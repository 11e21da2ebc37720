import type { Entry } from "./history.ts";

export const ofType = <T extends Entry["type"]>(entries: readonly Entry[], type: T): Extract<Entry, { type: T }>[] =>
  entries.filter((entry): entry is Extract<Entry, { type: T }> => entry.type === type);

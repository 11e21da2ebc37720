// What was accepted ends, what has ended stays as it is, and a repeated request is the same one.
import { isFinal } from "@ursa/contracts/record";
import type { Entry } from "../history.ts";
import { ofType } from "../of-type.ts";
import type { Violation } from "../violation.ts";

const isAccepted = ({ status }: { status: number }): boolean => status >= 200 && status < 300;

/** I4: whatever was answered with an id has ended by the end of the history. */
export function accepted(entries: readonly Entry[]): Violation[] {
  const ids = new Set(ofType(entries, "answer").flatMap((answer) => (isAccepted(answer) && answer.id) || []));
  const states = ofType(entries, "state");
  return [...ids].flatMap((id) => {
    const last = states.findLast((state) => state.id === id)?.state;
    return last && isFinal(last)
      ? []
      : [{ invariant: "I4", effect: "lost" as const, what: `${id} was accepted and is ${last ?? "nowhere"}` }];
  });
}

/** I5: a record that was seen to have ended never has another state, and its end is told once to each reader. */
export function finality(entries: readonly Entry[]): Violation[] {
  const ended = new Map<string, string>();
  const changed = ofType(entries, "state").flatMap(({ id, state }): Violation[] => {
    const before = ended.get(id);
    if (isFinal(state)) ended.set(id, state);
    return before && before !== state
      ? [{ invariant: "I5", effect: "duplicated", what: `${id} had ended as ${before} and then was ${state}` }]
      : [];
  });
  const ends = Map.groupBy(
    ofType(entries, "told").filter(({ state }) => isFinal(state)),
    ({ id, reader }) => `${id}, reader ${reader}`,
  );
  const twice = [...ends].flatMap(([who, told]): Violation[] =>
    told.length > 1
      ? [{ invariant: "I5", effect: "duplicated", what: `the end of ${who} was told ${told.length} times` }]
      : [],
  );
  const again = [
    ...Map.groupBy(ofType(entries, "told"), ({ id, reader, event }) => `${event} of ${id}, reader ${reader}`),
  ];
  const repeated = again.flatMap(([which, told]): Violation[] =>
    told.length > 1
      ? [{ invariant: "I5", effect: "duplicated", what: `event ${which} was told ${told.length} times` }]
      : [],
  );
  return [...changed, ...twice, ...repeated];
}

/** I8: one Idempotency-Key is one record; with another body it is refused as a conflict, and never accepted. */
export function idempotence(entries: readonly Entry[]): Violation[] {
  const answers = ofType(entries, "answer").filter(isAccepted);
  const byKey = [...Map.groupBy(answers, ({ operation, key }) => `${operation} under key ${key}`)];
  return byKey.flatMap(([what, same]): Violation[] => {
    const ids = new Set(same.map(({ id }) => id));
    const bodies = new Set(same.map(({ body }) => body));
    return [
      ...(ids.size > 1
        ? [{ invariant: "I8", effect: "duplicated" as const, what: `${what} made ${[...ids].join(" and ")}` }]
        : []),
      ...(bodies.size > 1
        ? [{ invariant: "I8", effect: "broken" as const, what: `${what} was accepted with two different bodies` }]
        : []),
    ];
  });
}

// Where a test ends this process: at one write to the store. All that others can see of a job is written there, so that a run which
// survives each of its writes survives every line.
import type { ObjectStore } from "./object-store.ts";

const FORM = /^(before|after)-(put|delete):([\w./=-]+?)(?::(\d+))?$/;

export type Failpoint = {
  when: "before" | "after";
  operation: "put" | "delete";
  /** Part of the keys that count. */
  part: string;
  /** Which of them it is, from 1. */
  nth: number;
};

/** Reads such as `after-put:/checkpoints/` or `before-put:/records/models/:3`. Undefined for any other text. */
export function parseFailpoint(text: string): Failpoint | undefined {
  const [, when, operation, part, nth = "1"] = FORM.exec(text) ?? [];
  if (!part || Number(nth) < 1) return undefined;
  // The pattern lets no other words through.
  return { when, operation, part, nth: Number(nth) } as Failpoint;
}

/** @param die must not return; default: SIGKILL, which nothing of this process outlives */
export function failingStore(store: ObjectStore, failpoint: Failpoint, die: () => void = killThisProcess): ObjectStore {
  let seen = 0;
  const around = async <T>(operation: Failpoint["operation"], key: string, work: () => Promise<T>): Promise<T> => {
    const isIt = operation === failpoint.operation && key.includes(failpoint.part) && ++seen === failpoint.nth;
    if (isIt && failpoint.when === "before") die();
    const result = await work();
    if (isIt) die();
    return result;
  };
  return {
    ...store,
    put: (key, body, options) => around("put", key, () => store.put(key, body, options)),
    delete: (key) => around("delete", key, () => store.delete(key)),
  };
}

function killThisProcess(): void {
  process.kill(process.pid, "SIGKILL");
}

// The checks that keep callers out, each named by its own words in the source: one that was renamed is not found, and that fails.

export type Check = {
  /** For people: what nobody looks at any more without it. */
  what: string;
  file: string;
  /** Of the one `if` that throws, words of its condition; or an expression that is taken from the caller. */
  words: string;
  /** What takes the place of such an expression; an `if` is deleted. */
  with?: string;
};

/** The namespace that the routes' test makes its things in. */
const OURS = '"team-a"';

export const CHECKS: readonly Check[] = [
  { what: "the scope of the key", file: "libs/http/src/authenticate.ts", words: "!allows(caller.scopes, scope)" },
  { what: "the installation's own key", file: "libs/http/src/authenticate.ts", words: "!caller.isInstallation" },
  {
    what: "a password of the browser's own for writes",
    file: "libs/http/src/authenticate.ts",
    words: "!takesBasic(raw)",
  },
  { what: "the secret behind a key's id", file: "libs/catalog/src/key-gate.ts", words: "!found" },
  { what: "that the key was revoked", file: "libs/catalog/src/key-gate.ts", words: "key.revokedAt" },
  { what: "that the key has expired", file: "libs/catalog/src/key-gate.ts", words: "isOver(key.expiresAt)" },
  { what: "that the secret was replaced", file: "libs/catalog/src/key-gate.ts", words: "isOver(until)" },
  { what: "the namespace of a request", file: "libs/http/src/server.ts", words: "caller.namespace", with: OURS },
  { what: "the namespace of a key", file: "libs/catalog/src/api-keys.ts", words: "key.namespace !== namespace" },
  { what: "for whom a key is made", file: "services/api/src/keys.ts", words: "namespace !== caller.namespace" },
];

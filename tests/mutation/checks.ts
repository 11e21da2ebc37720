// The checks that keep callers out, each named by its own words in the source: one that was renamed is not found, and that fails.

export type Check = {
  /** For people: what nobody looks at any more without it. */
  what: string;
  file: string;
  /** Of the one `if` that throws, words of its condition; or an expression that is taken from the caller. */
  words: string;
  /** What takes the place of such an expression; an `if` is deleted. */
  with?: string;
  /** Which tests of the walk must notice; a pattern. All of them take half a minute. */
  noticedBy: string;
};

/** The namespace that the walk makes its things in. */
const OURS = '"team-a"';

const BAD_KEYS = "lets nobody in without a good key";
const SCOPES = "lets in the scopes that have its own in them, and no others";
const FOREIGN = "tells another namespace nothing";
const FOREIGN_KEYS = `^(createKey|getKey|rotateKey|revokeKey) ${FOREIGN}`;

const HOOK = { file: "libs/http/src/authenticate.ts" };
const GATE = { file: "libs/catalog/src/key-gate.ts", noticedBy: BAD_KEYS };

export const CHECKS: readonly Check[] = [
  { ...HOOK, what: "the scope of the key", words: "!allows(caller.scopes, scope)", noticedBy: SCOPES },
  { ...HOOK, what: "the installation's own key", words: "!caller.isInstallation", noticedBy: SCOPES },
  { ...HOOK, what: "a password that the browser sends by itself", words: "!takesBasic(raw)", noticedBy: BAD_KEYS },
  { ...GATE, what: "the secret behind a key's id", words: "!found" },
  { ...GATE, what: "that the key was revoked", words: "key.revokedAt" },
  { ...GATE, what: "that the key has expired", words: "isOver(key.expiresAt)" },
  { ...GATE, what: "that the secret was replaced", words: "isOver(until)" },
  {
    ...{ what: "the namespace of a request", file: "libs/http/src/server.ts" },
    ...{ words: "caller.namespace", with: OURS, noticedBy: FOREIGN },
  },
  {
    ...{ what: "the namespace of a key", file: "libs/catalog/src/api-keys.ts" },
    ...{ words: "key.namespace !== namespace", noticedBy: FOREIGN_KEYS },
  },
  {
    ...{ what: "for whom a key is made", file: "services/api/src/keys.ts" },
    ...{ words: "namespace !== caller.namespace", noticedBy: FOREIGN_KEYS },
  },
];

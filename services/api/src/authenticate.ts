// Whose token is this: one that was made here, or the key that the installation was started with.
import { timingSafeEqual } from "node:crypto";
import type { KeyGate } from "@ursa/catalog/key-gate";
import { hashOf } from "@ursa/catalog/stored-key";
import { DEFAULT_NAMESPACE } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import type { Authenticate } from "@ursa/http/authenticate";
import type { Caller } from "@ursa/http/caller";

/** Values of URSA_ADMIN_KEY, and of the two that name the one before it: `formerUntil` is in ISO 8601. */
export type AdminKeys = { current: string; former?: string; formerUntil?: string };

/** `operate` is in no other scope, so it is named. */
const INSTALLATION: Caller = {
  namespace: DEFAULT_NAMESPACE,
  scopes: ["admin", "operate"],
  keyId: "URSA_ADMIN_KEY",
  isInstallation: true,
};
/** In the log it is told from the present one, so that who still sends it can be found. */
const FORMER = "URSA_ADMIN_KEY_FORMER";

/** @param admin where the installation has a key of its own */
export function createAuthenticate(gate: KeyGate, admin: AdminKeys | undefined): Authenticate {
  const current = admin && digest(admin.current);
  const former = admin?.former === undefined ? undefined : digest(admin.former);
  return async (token) => {
    const sent = digest(token);
    if (current && timingSafeEqual(sent, current)) return INSTALLATION;
    if (former && timingSafeEqual(sent, former)) return asFormer(admin?.formerUntil);
    const { id: keyId, namespace, scopes } = await gate.verify(token);
    return { keyId, namespace, scopes, isInstallation: false };
  };
}

/** @throws Problem key_expired */
function asFormer(until = ""): Caller {
  // Without an end, which the configuration refuses, it is over.
  if (Date.parse(until) > Date.now()) return { ...INSTALLATION, keyId: FORMER };
  throw new Problem(
    "key_expired",
    `This admin key was replaced, and ended at ${until}; send the one in URSA_ADMIN_KEY.`,
  );
}

/** Hashed, so that both have one length and the comparison tells nothing of it. */
const digest = (token: string): Buffer => Buffer.from(hashOf(token), "hex");

// Whose token is this: one that was made here, or the key that the installation was started with.
import { timingSafeEqual } from "node:crypto";
import { hashOf } from "@ursa/catalog/api-keys";
import type { KeyGate } from "@ursa/catalog/key-gate";
import { DEFAULT_NAMESPACE } from "@ursa/contracts/ids";
import type { Authenticate } from "@ursa/http/authenticate";
import type { Caller } from "@ursa/http/caller";

/** `operate` is in no other scope, so it is named. */
const INSTALLATION: Caller = {
  namespace: DEFAULT_NAMESPACE,
  scopes: ["admin", "operate"],
  keyId: "URSA_ADMIN_KEY",
  isInstallation: true,
};

/** @param adminKey the value of URSA_ADMIN_KEY, where there is one */
export function createAuthenticate(gate: KeyGate, adminKey: string | undefined): Authenticate {
  const admin = adminKey === undefined ? undefined : digest(adminKey);
  return async (token) => {
    if (admin && timingSafeEqual(digest(token), admin)) return INSTALLATION;
    const { id: keyId, namespace, scopes } = await gate.verify(token);
    return { keyId, namespace, scopes, isInstallation: false };
  };
}

/** Hashed, so that both have one length and the comparison tells nothing of it. */
const digest = (token: string): Buffer => Buffer.from(hashOf(token), "hex");

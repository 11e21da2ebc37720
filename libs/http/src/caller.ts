// Who sent a request, as its handler is told.
import type { Scope } from "@ursa/contracts/scopes";

export type Caller = {
  namespace: string;
  scopes: readonly Scope[];
  /** Of the key that was sent; in every log line of the request. */
  keyId?: string;
  /** May make keys of any namespace, and sees all of them. */
  isInstallation: boolean;
};

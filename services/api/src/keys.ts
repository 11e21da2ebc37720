// API keys. An admin sees and makes those of its own namespace, the installation's admin those of all.
import type { CreatedKey, CreateKey } from "@ursa/contracts/key";
import { Problem } from "@ursa/contracts/problem";
import { allows, type Scope } from "@ursa/contracts/scopes";
import type { Caller } from "@ursa/http/caller";
import type { Handlers } from "@ursa/http/server";
import type { Dependencies } from "./dependencies.ts";

export function keyHandlers(deps: Dependencies): Handlers {
  const { apiKeys } = deps;
  return {
    createKey: async ({ body, request }) => createKey(deps, body, request.caller),
    listKeys: async ({ request }) => ({ items: await apiKeys.list(seenBy(request.caller)) }),
    getKey: async ({ params, request }) => apiKeys.get(params.id, seenBy(request.caller)),
    rotateKey: async ({ params, body, request }) => {
      const { scopes } = await apiKeys.get(params.id, seenBy(request.caller));
      // Else a key could take another one's scopes by giving it a secret.
      assertGives(request.caller, scopes);
      return apiKeys.rotate(params.id, body.graceHours);
    },
    revokeKey: async ({ params, request }) => apiKeys.revoke(params.id, seenBy(request.caller)),
  };
}

/** Undefined: all namespaces. */
const seenBy = ({ isInstallation, namespace }: Caller) => (isInstallation ? undefined : namespace);

async function createKey({ apiKeys }: Dependencies, body: CreateKey, caller: Caller): Promise<CreatedKey> {
  // Nobody was asked for a key, so nobody has one to go on with: the door would close behind whoever made the first.
  if (!caller.keyId)
    throw new Problem(
      "keys_off",
      "This Ursa runs without keys: set URSA_ADMIN_KEY and start it again, then make keys.",
    );
  const { namespace = caller.namespace } = body;
  if (namespace !== caller.namespace && !caller.isInstallation)
    throw new Problem("scope_missing", `This key makes keys of ${caller.namespace} only.`, {
      extra: { scope: "admin" },
    });
  assertGives(caller, body.scopes);
  return apiKeys.create({ ...body, namespace });
}

/** @throws Problem scope_missing for a token of a key that may do more than the caller */
function assertGives(caller: Caller, scopes: readonly Scope[]): void {
  const missing = scopes.find((scope) => !allows(caller.scopes, scope));
  if (missing)
    throw new Problem("scope_missing", `A key gives what it has itself, and this one has no ${missing}.`, {
      extra: { scope: missing },
    });
}

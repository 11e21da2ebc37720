// Aliases: movable names of models.
import type { Handlers } from "@ursa/http/server";
import type { Dependencies } from "./dependencies.ts";

export function aliasHandlers({ aliases }: Dependencies): Handlers {
  return {
    putAlias: async ({ params, body, request }) => aliases.put(request.namespace, params.name, body),
    listAliases: async ({ request }) => ({ items: await aliases.list(request.namespace) }),
    getAlias: async ({ params, request }) => aliases.get(request.namespace, params.name),
    async deleteAlias({ params, request }) {
      await aliases.remove(request.namespace, params.name);
      return undefined;
    },
  };
}

// API keys. An admin's own namespace only; the key that the installation was started with (URSA_ADMIN_KEY) sees all.
import { z } from "zod";
import { keyIdSchema } from "../ids.ts";
import { createdKeySchema, createKeySchema, keySchema, rotateKeySchema } from "../key.ts";
import { json, jsonBody, route } from "../route.ts";

const id = z.strictObject({ id: keyIdSchema });
const tag = "Keys";

export const keyRoutes = {
  createKey: route({
    method: "POST",
    path: "/v1/keys",
    scope: "admin",
    tag,
    summary: "Create an API key; its token is in this answer and nowhere else",
    description:
      "A key gives at most the scopes that its maker has, in the maker's namespace. The installation's own admin key (URSA_ADMIN_KEY) makes keys of any namespace.",
    body: jsonBody(createKeySchema),
    answer: json(createdKeySchema, 201),
    problems: ["keys_off"],
  }),
  listKeys: route({
    method: "GET",
    path: "/v1/keys",
    scope: "admin",
    tag,
    summary: "List API keys, newest first, the revoked ones too",
    answer: json(z.object({ items: z.array(keySchema) })),
  }),
  getKey: route({
    method: "GET",
    path: "/v1/keys/{id}",
    scope: "admin",
    tag,
    summary: "Get an API key, without its secret",
    params: id,
    answer: json(keySchema),
  }),
  rotateKey: route({
    method: "POST",
    path: "/v1/keys/{id}/rotate",
    scope: "admin",
    tag,
    summary: "Give an API key a new secret; what was good until now stays so for a time",
    description:
      "The token with the new secret is in this answer and nowhere else. Repeated, for instance because the answer was lost, it gives another one; none of the former secrets then lives longer than it would have.",
    params: id,
    body: jsonBody(rotateKeySchema),
    answer: json(createdKeySchema),
    problems: ["already_final", "conflict"],
  }),
  revokeKey: route({
    method: "POST",
    path: "/v1/keys/{id}/revoke",
    scope: "admin",
    tag,
    summary: "Revoke an API key: no replica takes it any more after 5 seconds",
    params: id,
    answer: json(keySchema),
  }),
} as const;

// What matched no route: 405 with the methods that would, or 404.
import { Problem } from "@ursa/contracts/problem";
import type { FastifyReply, FastifyRequest } from "fastify";

export type RouteAddress = { method: string; template: string };

/** @throws Problem method_not_allowed (with an Allow header) or not_found */
export function refuseUnmatched(routes: RouteAddress[], request: FastifyRequest, reply: FastifyReply): never {
  const path = request.raw.url?.split("?", 1)[0] ?? "";
  const allowed = allowedMethods(routes, path);
  const shown = path.slice(0, 200);
  if (allowed.length === 0) throw new Problem("not_found", `${shown} is not an address of this service; see /docs.`);
  reply.header("allow", allowed.join(", "));
  throw new Problem("method_not_allowed", `${shown} answers ${allowed.join(", ")}.`);
}

export function allowedMethods(routes: RouteAddress[], path: string): string[] {
  const methods = routes.filter(({ template }) => matches(template, path)).map(({ method }) => method);
  return [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))];
}

function matches(template: string, path: string): boolean {
  const wanted = template.split("/");
  const came = path.split("/");
  return (
    wanted.length === came.length &&
    wanted.every((part, index) => (part.startsWith("{") ? came[index] !== "" : part === came[index]))
  );
}

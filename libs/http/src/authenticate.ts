// Who is calling: asked once per request, in a hook, before a byte of its body is read. Nothing else decides who may do what.
import type { IncomingMessage } from "node:http";
import { DEFAULT_NAMESPACE } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { allows, type RouteScope, SCOPES } from "@ursa/contracts/scopes";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "./caller.ts";
import type { LimitState } from "./limit-headers.ts";
import { lifeOf, type RequestLife } from "./request-life.ts";

/** Throws Problem key_unknown, key_expired or key_revoked; store_unavailable where that cannot be told. */
export type Authenticate = (token: string) => Promise<Caller>;

/** Where no keys are asked for, everybody is the one who installed it. */
const ANYBODY: Caller = { namespace: DEFAULT_NAMESPACE, scopes: SCOPES, isInstallation: true };
/** At a public address: nothing there is anybody's. */
const NOBODY: Caller = { namespace: DEFAULT_NAMESPACE, scopes: [], isInstallation: false };

/** With the time that an answer about a key may be old, and the time it takes to ask, below the 5 s that are promised. */
const RECHECK_MS = 2000;

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the route asks of a key; only what matched no route has none. */
    scope?: RouteScope;
  }
}

/** How often a key may ask: counts this request. Undefined where it may ask as often as it likes. */
export type CountRequest = (caller: Caller) => Promise<(LimitState & { retryAfterSeconds: number }) | undefined>;

/** `localNamesOnly`: where no keys are asked for, whoever does not ask this machine by an address or as localhost is refused. */
export type Door = {
  authenticate: Authenticate | undefined;
  countRequest?: CountRequest | undefined;
  localNamesOnly?: boolean | undefined;
};

/**
 * @param door without `authenticate` this server asks for no keys
 * @returns the hook; it throws Problem key_missing, scope_missing, rate_limited and what `authenticate` throws
 */
export function createGate({ authenticate, countRequest, localNamesOnly = false }: Door) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const life = lifeOf(request.raw);
    const { scope, template } = request.routeOptions.config ?? {};
    // What matches no route is told so, with or without a key: the addresses are no secret.
    if (request.is404) return;
    if (scope === undefined) throw new Error(`${template ?? request.routeOptions.url} has no scope.`);
    if (scope === "public" || !authenticate) life.caller = scope === "public" ? NOBODY : ANYBODY;
    if (scope === "public") return;
    if (!authenticate) return localNamesOnly ? assertLocalName(request.raw) : undefined;
    try {
      await admit(life, request.raw, { scope, authenticate, countRequest });
    } catch (error) {
      if (error instanceof Problem && [401, 403].includes(error.status))
        reply.header("www-authenticate", challenges(error, scope, request.raw));
      throw error;
    }
  };
}

const LOCAL_NAME = /^(localhost|[\w-]+\.localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?$/i;

/** A page elsewhere may let its own name lead here (DNS rebinding): to a browser that is one site, which may ask and read anything. */
function assertLocalName({ headers: { host } }: IncomingMessage): void {
  if (host === undefined || LOCAL_NAME.test(host)) return;
  const words = `Without keys Ursa answers this machine only, asked by its address or as localhost, and not as ${host}.`;
  throw new Problem("key_missing", `${words} Turn keys on (docs/keys.md) where others or other names lead here.`);
}

type KeyScope = Exclude<RouteScope, "public">;
type Locked = { scope: KeyScope; authenticate: Authenticate; countRequest: CountRequest | undefined };

async function admit(life: RequestLife, raw: IncomingMessage, locked: Locked): Promise<void> {
  const { scope, authenticate, countRequest } = locked;
  const token = tokenOf(raw);
  const caller = await authenticate(token);
  // Before its scopes are looked at: the log says whose key it was that was refused.
  life.caller = caller;
  if (caller.keyId) life.log = life.log.child({ keyId: caller.keyId });
  countIn(life, await countRequest?.(caller));
  if (scope === "installation" && !caller.isInstallation)
    throw new Problem("scope_missing", "This needs the installation's own key, which is in URSA_ADMIN_KEY.", {
      extra: { scope },
    });
  if (scope !== "installation" && !allows(caller.scopes, scope)) {
    const has = caller.scopes.join(", ");
    throw new Problem("scope_missing", `This needs a key with the scope ${scope}; this key has ${has}.`, {
      extra: { scope },
    });
  }
  life.askAgain = () => authenticate(token);
}

/** @throws Problem rate_limited */
function countIn(life: RequestLife, counted: Awaited<ReturnType<CountRequest>>): void {
  if (!counted) return;
  const { retryAfterSeconds, ...limit } = counted;
  life.limits.push(limit);
  if (retryAfterSeconds === 0) return;
  const sentence = `This key has had its ${limit.limit} requests of this minute: try again in ${retryAfterSeconds} s.`;
  throw new Problem("rate_limited", sentence, { extra: { retryAfterSeconds, limit: limit.limit } });
}

const isReading = ({ method }: IncomingMessage): boolean => method === "GET" || method === "HEAD";

/**
 * Basic is for browsers, which send it by themselves once a person has given it. So it is taken only where nothing is changed, and
 * not when another site makes the browser ask (a person who follows a link there is let in).
 */
const takesBasic = (raw: IncomingMessage): boolean =>
  isReading(raw) && (raw.headers["sec-fetch-site"] !== "cross-site" || raw.headers["sec-fetch-mode"] === "navigate");

function tokenOf(raw: IncomingMessage): string {
  const [scheme = "", value = ""] = (raw.headers.authorization ?? "").split(/ +/, 2);
  if (/^bearer$/i.test(scheme) && value) return value;
  if (!/^basic$/i.test(scheme))
    throw new Problem("key_missing", "This Ursa runs with keys: send one as Authorization: Bearer ursa_key_….");
  if (!takesBasic(raw))
    throw new Problem("key_missing", "Basic is taken for GET only; send the key as Authorization: Bearer ursa_key_….");
  const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(value, "base64").toString("utf8")) ?? [];
  if (!password) throw new Problem("key_missing", "Give the key as the password; the name does not matter.");
  return password;
}

/**
 * As RFC 6750 has it. A browser's dialogue is asked for only where a page is wanted, or by a page of ours what it is made of: what a
 * browser was told for one folder, it tells another only when asked. Programs' requests should just fail.
 */
function challenges({ code }: Problem, scope: KeyScope, raw: IncomingMessage): string[] {
  const refusal: Partial<Record<typeof code, string>> = {
    key_missing: "",
    scope_missing: `, error="insufficient_scope", scope="${scope}"`,
  };
  const bearer = `Bearer realm="ursa"${refusal[code] ?? ', error="invalid_token"'}`;
  const isForPage = raw.headers.accept?.includes("text/html") || raw.headers["sec-fetch-site"] === "same-origin";
  return isReading(raw) && isForPage ? [bearer, 'Basic realm="ursa", charset="UTF-8"'] : [bearer];
}

/** Ends a stream whose key is not good any more. @returns stops looking */
export function watchKey({ askAgain, abort, log }: RequestLife, everyMs = RECHECK_MS): () => void {
  if (!askAgain) return () => {};
  const look = () =>
    askAgain().catch((error) => {
      log.debug({ err: error }, "the stream's key is not good any more");
      abort.abort(error);
    });
  const timer = setInterval(look, everyMs).unref();
  return () => clearInterval(timer);
}

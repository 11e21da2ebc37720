// Posts small bodies to addresses that users name: behind the same guard as pictures, once, and without following anything.
import { type Dispatcher, request } from "undici";

import { createAddressGuard } from "./address-guard.ts";
import { asFetchFailure } from "./classify-error.ts";
import { FetchFailure } from "./fetch-failure.ts";
import { createGuardedAgent } from "./guarded-agent.ts";
import { createNameResolver, type Lookup } from "./name-resolver.ts";
import { readRetryAfter } from "./retry-policy.ts";
import { untilAborted } from "./until-aborted.ts";

export type PosterOptions = {
  /** Says who sends. */
  userAgent: string;
  /** For everything, from the name's lookup to the end of the answer. */
  timeoutMs?: number;
  /** Places beyond the public internet, as for a fetcher. */
  allow?: string[];
  /** Instead of DNS, for tests. */
  lookup?: Lookup;
};

export type Post = { url: string; headers: Record<string, string>; body: string };
/** What was answered; its body is dropped. */
export type Posted = { status: number /** What its Retry-After asks for. */; retryAfterMs: number | undefined };

export interface Poster extends AsyncDisposable {
  /** @throws FetchFailure where nothing was answered; the signal's reason */
  post(post: Post, signal: AbortSignal): Promise<Posted>;
  /** Ends every request; what is running rejects. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
/** Read so that a receiver that says a word is not cut off in it; more is. */
const ANSWER_BYTES = 16_384;
/** More than whoever uses this sends to one place at once. */
const PER_HOST = 16;

/** @throws Error for an `allow` entry that is not an address or a narrow range with a port */
export function createPoster({ userAgent, timeoutMs = TIMEOUT_MS, allow, lookup }: PosterOptions): Poster {
  const guard = createAddressGuard(allow);
  const resolver = createNameResolver({ lookup });
  const dispatcher = createGuardedAgent({ guard, resolver, connectTimeoutMs: timeoutMs, perHost: PER_HOST });
  const close = () => dispatcher.destroy();
  return {
    async post({ url, headers, body }, signal) {
      const deadline = AbortSignal.timeout(timeoutMs);
      const either = AbortSignal.any([signal, deadline]);
      try {
        return await ask(guard.checkUrl(url), {
          ...{ dispatcher, signal: either, method: "POST", body },
          headers: { ...headers, "user-agent": userAgent, "accept-encoding": "identity" },
          // A connection that was kept may be closed from the other side in the moment it is used, and a POST is not sent again by itself.
          reset: true,
        });
      } catch (error) {
        signal.throwIfAborted();
        if (!deadline.aborted || error instanceof FetchFailure) throw asFetchFailure(error);
        throw new FetchFailure("timeout", `no answer within ${timeoutMs} ms`, { cause: error });
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Options = NonNullable<Parameters<typeof request>[1]>;

async function ask(url: URL, options: Options & { signal: AbortSignal }): Promise<Posted> {
  // Until it is connected, undici would not notice.
  const response = await untilAborted(request(url, options), options.signal);
  // How its body ends changes nothing: the answer is there.
  await response.body.dump({ limit: ANSWER_BYTES, signal: options.signal }).catch(() => {});
  return { status: response.statusCode, retryAfterMs: retryAfterOf(response) };
}

function retryAfterOf({ headers }: Pick<Dispatcher.ResponseData, "headers">): number | undefined {
  return readRetryAfter([headers["retry-after"] ?? []].flat()[0], Date.now());
}

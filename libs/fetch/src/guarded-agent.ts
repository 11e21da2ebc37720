// The undici agent that connects only to addresses the guard accepts, whatever name, literal or redirect led there.
// The check is in the connector because undici never calls a `lookup` option for a literal address.
import { isIP, type LookupFunction, type Socket } from "node:net";

import { Agent, buildConnector } from "undici";

import type { AddressGuard } from "./address-guard.ts";
import type { Address, NameResolver } from "./name-resolver.ts";

export type GuardedAgentOptions = {
  guard: AddressGuard;
  resolver: NameResolver;
  connectTimeoutMs: number;
  perHost: number;
};

// Real picture servers stay below 4 kB.
const MAX_HEADER_BYTES = 16_384;
// Long enough for the next URL of the same host, short enough that a list of 10,000 hosts does not hold their sockets.
const KEEP_ALIVE_MS = 4_000;

/** Proxies, cookies and HTTP/2 are left out on purpose: each is a second way to reach something. */
export function createGuardedAgent({ guard, resolver, connectTimeoutMs, perHost }: GuardedAgentOptions): Agent {
  async function connectTo(options: buildConnector.Options): Promise<Socket> {
    const port = Number(options.port) || (options.protocol === "https:" ? 443 : 80);
    const addresses = await addressesOf(options.hostname, resolver);
    for (const { address } of addresses) guard.checkAddress(address, port);
    // One connector per connection: only so can it be given exactly the addresses that were checked.
    const socket = await open(options, { timeout: connectTimeoutMs, lookup: answerWith(addresses) });
    try {
      guard.checkAddress(socket.remoteAddress ?? "", port);
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return socket;
  }

  return new Agent({
    connect: (options, callback) =>
      void connectTo(options).then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      ),
    connections: perHost,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });
}

async function addressesOf(host: string, resolver: NameResolver): Promise<Address[]> {
  const family = isIP(host);
  return family === 0 ? await resolver.resolve(host) : [{ address: host, family }];
}

function open(options: buildConnector.Options, how: { timeout: number; lookup: LookupFunction }): Promise<Socket> {
  const connect = buildConnector({ ...how, allowH2: false, maxCachedSessions: 0, autoSelectFamily: true });
  return new Promise((resolve, reject) => {
    connect(options, (error, socket) => (error ? reject(error) : resolve(socket as Socket))); // One of the two is set.
  });
}

function answerWith(addresses: Address[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const [first] = addresses;
    if (all) callback(null, addresses);
    else if (first) callback(null, first.address, first.family);
  };
}

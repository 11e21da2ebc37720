// What a worker calls itself towards Redis, so that an operator sees which versions are at work: `0.1.0/host/pid`.
import { hostname } from "node:os";
import { VERSION } from "@ursa/service/version";

/** Redis takes no spaces in a client's name. */
export const workerName = (): string => `${VERSION}/${hostname().replace(/[^\w.-]/g, "_")}/${process.pid}`;

/** @param name as in Redis' list of clients, with what BullMQ puts before it */
export function parseWorkerName(name: string): { version: string; host: string } {
  const [version, host] = /:w:(.*)$/.exec(name)?.[1]?.split("/") ?? [];
  return { version: version || "unknown", host: host || "unknown" };
}

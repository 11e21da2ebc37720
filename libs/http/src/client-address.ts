// Whose requests are counted together where they are limited.
import { isIPv6 } from "node:net";

const GROUPS_OF_A_NETWORK = 4;

/**
 * An IPv4 address as it is; of an IPv6 address its /64, which one household or machine has to itself (RFC 6177), so that nobody
 * escapes a limit by taking the next of their 2^64 addresses.
 */
export function clientAddress(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (!isIPv6(plain)) return plain;
  const [head = [], tail = []] = plain.split("::").map((half) => half.split(":").filter(Boolean));
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => "0");
  const groups = [...head, ...zeros, ...tail].slice(0, GROUPS_OF_A_NETWORK);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

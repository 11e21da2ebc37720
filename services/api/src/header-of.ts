// One value of a request header. Node joins repeated headers with commas, except for the few that it lists as arrays.
import type { RequestInfo } from "@ursa/http/handlers";

export function headerOf({ headers }: Pick<RequestInfo, "headers">, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

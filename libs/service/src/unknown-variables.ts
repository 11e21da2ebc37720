// URSA_* variables that nothing reads: mistakes, most of them slips of the finger that would silently leave a default in force.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { nearestName } from "./nearest-name.ts";

/** Every name that docs/configuration.md lists; tools/docs.ts writes both from the schemas. */
const file = readFileSync(new URL("../variables.json", import.meta.url), "utf8");
const documented = z.array(z.string()).parse(JSON.parse(file));

/** @param own what the process itself reads. @returns one line for each variable of `set` that no part of Ursa reads */
export function unknownVariables(set: Record<string, unknown>, own: readonly string[]): string[] {
  const known = new Set([...own, ...documented]);
  const links = serviceLinks(Object.keys(set));
  const unknown = Object.keys(set).filter(
    (name) => name.startsWith("URSA_") && !known.has(name) && !links.some((link) => link(name)),
  );
  return unknown.map((name) => {
    const near = nearestName(name, [...known]);
    return `${name}: no such variable; ${near ? `did you mean ${near}?` : "docs/configuration.md lists all there are"}`;
  });
}

/** Kubernetes gives each pod variables named after the Services of its namespace, and one called ursa-api makes them URSA_API_…. */
function serviceLinks(names: string[]): ((name: string) => boolean)[] {
  return names.flatMap((host) => {
    const service = host.replace(/_SERVICE_HOST$/, "");
    if (service === host || !names.includes(`${service}_SERVICE_PORT`)) return [];
    return (name: string) => name.startsWith(`${service}_SERVICE_`) || name.startsWith(`${service}_PORT`);
  });
}

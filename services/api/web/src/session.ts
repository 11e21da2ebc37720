// Who asks: the typed client, with the person's API key where this Ursa runs with keys.
import { type Client, createClient } from "@ursa/contracts/client";
import { createContext, use } from "react";
import { type OnSent, sendWithProgress } from "./send-with-progress.ts";

/** Gone with the tab, never in an address, and not sent by the browser by itself. */
const KEPT_AS = "ursa-key";

/** Where the page lies, the API lies too, also below a proxy's path. */
export const BASE_URL = new URL(".", location.href).href;

/** A service that restarts is asked again, for some seconds. */
const RETRIES = 3;

export const keptKey = (): string | undefined => sessionStorage.getItem(KEPT_AS) ?? undefined;

export function keepKey(key: string | undefined): void {
  if (key === undefined) sessionStorage.removeItem(KEPT_AS);
  else sessionStorage.setItem(KEPT_AS, key);
}

/** Without the browser's own credentials: else it would ask for a password by itself where this page asks for a key. */
const send: typeof fetch = (address, init) => fetch(address, { ...init, credentials: "omit" });

export const clientFor = (key: string | undefined): Client =>
  createClient({ baseUrl: BASE_URL, key, retries: RETRIES, fetch: send });

/** For what takes long to send: as the others, and tells how much of the body is out. */
export const sendingClient = (onSent: OnSent): Client =>
  createClient({ baseUrl: BASE_URL, key: keptKey(), fetch: sendWithProgress(onSent) });

const ClientContext = createContext<Client | undefined>(undefined);
export const ClientProvider = ClientContext.Provider;

export function useClient(): Client {
  const client = use(ClientContext);
  if (!client) throw new Error("There is no ClientProvider above.");
  return client;
}

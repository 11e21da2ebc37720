// The store of a service: named by its configuration, observed by its metrics, closed with it.
import type { ObjectStore } from "./object-store.ts";
import { observedStore, type StorageMetrics } from "./observed-store.ts";
import { openStore } from "./open-store.ts";

/** The part of every service's configuration that is about the store. */
export type StoreConfig = {
  URSA_STORE_URL: string;
  URSA_STORE_ACCESS_KEY?: string | undefined;
  URSA_STORE_SECRET_KEY?: string | undefined;
  URSA_STORE_PUBLIC_URL?: string | undefined;
  URSA_FAILPOINT?: string | undefined;
};
/** The part of a service's context that a store needs. */
export type StoreContext = { metrics: StorageMetrics; onClose(label: string, close: () => Promise<void>): void };

/** @throws TypeError for a URL that names no store */
export async function startStore(config: StoreConfig, { metrics, onClose }: StoreContext): Promise<ObjectStore> {
  const store = observedStore(await openConfigured(config), metrics);
  onClose("store", () => store.close());
  return store;
}

/** @throws TypeError for a URL that names no store */
export function openConfigured(config: StoreConfig): Promise<ObjectStore> {
  return openStore(config.URSA_STORE_URL, {
    accessKey: config.URSA_STORE_ACCESS_KEY,
    secretKey: config.URSA_STORE_SECRET_KEY,
    publicUrl: config.URSA_STORE_PUBLIC_URL,
    failpoint: config.URSA_FAILPOINT,
  });
}

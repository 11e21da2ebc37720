// Does this API ask for keys? Settled once, at its start. Without keys it answers this machine only, unless that is said twice.
import { type ApiKeys, createApiKeys, hasKeys } from "@ursa/catalog/api-keys";
import { createKeyGate } from "@ursa/catalog/key-gate";
import type { Authenticate } from "@ursa/http/authenticate";
import type { Logger } from "@ursa/service/logger";
import { StartupError } from "@ursa/service/startup-error";
import type { ObjectStore } from "@ursa/store/object-store";
import { type AdminKeys, createAuthenticate } from "./authenticate.ts";
import type { ApiConfig } from "./config.ts";

type Settings = Pick<ApiConfig, "URSA_HOST" | "URSA_KEYS" | "URSA_OPEN_ON" | AdminSetting>;
type AdminSetting = "URSA_ADMIN_KEY" | "URSA_ADMIN_KEY_FORMER" | "URSA_ADMIN_KEY_FORMER_UNTIL";

type Keys = { apiKeys: ApiKeys; authenticate: Authenticate | undefined };

/** @throws StartupError as `requiresKeys` and `adminKeys` */
export async function openKeys(store: ObjectStore, settings: Settings, log: Logger): Promise<Keys> {
  const apiKeys = createApiKeys(store);
  const admin = adminKeys(settings);
  if (!(await requiresKeys(store, settings))) {
    log.info("keys are off: whoever reaches this address may do everything");
    return { apiKeys, authenticate: undefined };
  }
  const gate = createKeyGate(store, { onError: (err) => log.debug({ err }, "a key's use was not noted") });
  return { apiKeys, authenticate: createAuthenticate(gate, admin) };
}

/** @throws StartupError for a former key without the one that took its place, or without its end */
export function adminKeys(settings: Pick<ApiConfig, AdminSetting>): AdminKeys | undefined {
  const { URSA_ADMIN_KEY: current, URSA_ADMIN_KEY_FORMER: former, URSA_ADMIN_KEY_FORMER_UNTIL: formerUntil } = settings;
  if (former !== undefined && (current === undefined || formerUntil === undefined))
    throw new StartupError(
      "URSA_ADMIN_KEY_FORMER is taken beside URSA_ADMIN_KEY and until URSA_ADMIN_KEY_FORMER_UNTIL: set all three (docs/keys.md).",
    );
  if (current === undefined) return undefined;
  return { current, ...(former && formerUntil ? { former, formerUntil } : {}) };
}

/** @throws StartupError where the settings contradict each other, or leave an open API to the network by oversight */
export async function requiresKeys(store: ObjectStore, settings: Settings): Promise<boolean> {
  const { URSA_HOST: host, URSA_KEYS: wanted, URSA_OPEN_ON: openOn, URSA_ADMIN_KEY: admin } = settings;
  if (wanted === "off" && admin !== undefined)
    throw new StartupError("URSA_KEYS=off and URSA_ADMIN_KEY contradict each other: leave one of the two out.");
  const isOn = wanted === "auto" && (admin !== undefined || (await hasKeys(store)));
  if (isOn || isLoopback(host) || (wanted === "off" && openOn === host)) return isOn;
  throw new StartupError(
    `Without keys anybody who reaches ${host} could use this Ursa: set URSA_ADMIN_KEY (docs/keys.md), or URSA_HOST to 127.0.0.1, or both URSA_KEYS=off and URSA_OPEN_ON=${host} where only friends reach it.`,
  );
}

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/;
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

// What to type when the API refuses: its own sentences name no commands, because others read them too.
import type { Problem, ProblemCode } from "@ursa/contracts/problem";

const STATUS = "`ursa status` shows what is running.";

const NEW_KEY = "An admin makes another with `ursa key create`.";

const REMEDIES: Partial<Record<ProblemCode, string>> = {
  key_missing: "Here that is URSA_KEY, or --key-file.",
  key_unknown: "`ursa key list` shows an admin which there are.",
  key_expired: "An admin gives it another secret with `ursa key rotate`, or makes another key with `ursa key create`.",
  key_revoked: NEW_KEY,
  scope_missing: NEW_KEY,
  keys_off: "docs/keys.md walks through it.",
  too_many_webhooks: "`ursa webhook list` shows them.",
  webhook_disabled: "`ursa webhook remove` it, and add it anew once somebody listens there.",
  unknown_model: "See what there is with `ursa model list` and `ursa alias list`.",
  no_default_model: "Here that is --model, or `ursa alias set bears@production mdl_01J…`.",
  unknown_class: "Here that is --new-classes.",
  draft_is_empty: "`ursa dataset edit` says what is in it.",
  split_is_empty: "Here that is --split valid.",
  nothing_in_common: "Here that is `ursa evaluate MODEL DATASET` for each of the two.",
  class_mostly_failed: "Here that is `ursa dataset report`, and --max-failed-fraction.",
  out_of_memory: "Here that is --size, or URSA_TRAIN_MEMORY_MB where `ursa up` is started.",
  bad_image: "Use a JPEG, PNG, WebP or GIF that opens in a viewer.",
  fetch_failed: "Open the address in a browser to see what it gives.",
  quota_exceeded: "`ursa usage` shows all of them.",
  queue_unavailable: STATUS,
  store_unavailable: STATUS,
  inferer_unavailable: STATUS,
  downloader_unavailable: STATUS,
  disk_full: "`ursa doctor` says how much space is left, and `ursa gc` makes some.",
};

/** By the id or name that the API could not find. */
const LISTS: [RegExp, string][] = [
  [/\bds_\w/, "dataset"],
  [/\bmdl_\w/, "model"],
  [/\bprd_\w/, "prediction"],
  [/\bevl_\w/, "evaluation"],
  [/\bins_\w/, "inspection"],
  [/\breg_\w/, "regression"],
  [/\bswp_\w/, "sweep"],
  [/\bkey_\w/, "key"],
  [/\bwhk_\w/, "webhook"],
  [/\S@\S/, "alias"],
];

export function remedyOf({ code, message }: Pick<Problem, "code" | "message">): string | undefined {
  if (code !== "not_found") return REMEDIES[code];
  const noun = LISTS.find(([pattern]) => pattern.test(message))?.[1];
  return noun && `See what there is with \`ursa ${noun} list\`.`;
}

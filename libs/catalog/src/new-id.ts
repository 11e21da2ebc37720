// Ids of new records, keys and webhooks: they sort by creation time, also within one millisecond of one process.
import { ID_PREFIX, type RecordKind } from "@ursa/contracts/ids";
import { monotonicFactory } from "ulid";

const ulid = monotonicFactory();

export const newId = (kind: RecordKind): string => `${ID_PREFIX[kind]}_${ulid()}`;

export const newKeyId = (): string => `key_${ulid()}`;

export const newWebhookId = (): string => `whk_${ulid()}`;

/** What a message is about that is no record's. */
export const newTestId = (): string => `tst_${ulid()}`;

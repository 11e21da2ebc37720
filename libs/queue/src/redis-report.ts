// What Redis says of itself, as far as jobs depend on it.
import { z } from "zod";
import { type RedisConnection, whileReachable } from "./connection.ts";

export type RedisReport = {
  version: string;
  policy: string | undefined;
  /** Undefined where a hosted Redis does not say. */
  hasAppendOnlyFile: boolean | undefined;
  isWritingWell: boolean;
  usedBytes: number;
  /** 0 where there is no limit. */
  maxBytes: number;
  /** How far its clock is ahead of ours, in milliseconds, give or take half the time the question took. */
  clockAheadMs: number;
};

const timeSchema = z.tuple([z.coerce.number(), z.coerce.number()]);

/** Throws Problem queue_unavailable. */
export function reportRedis(connection: RedisConnection): Promise<RedisReport> {
  return whileReachable(connection, async () => {
    const { redis } = connection;
    const info = await redis.info();
    const asked = Date.now();
    const [seconds, microseconds] = timeSchema.parse(await redis.time());
    const now = (asked + Date.now()) / 2;
    const lineOf = (name: string) => new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1];
    const appendOnly = lineOf("aof_enabled");
    return {
      version: lineOf("redis_version") ?? "unknown",
      policy: lineOf("maxmemory_policy"),
      hasAppendOnlyFile: appendOnly === undefined ? undefined : appendOnly === "1",
      isWritingWell: [lineOf("aof_last_write_status"), lineOf("rdb_last_bgsave_status")].every(
        (said) => said !== "err",
      ),
      usedBytes: Number(lineOf("used_memory") ?? 0),
      maxBytes: Number(lineOf("maxmemory") ?? 0),
      clockAheadMs: seconds * 1000 + microseconds / 1000 - now,
    };
  });
}

// An operator at redis-cli, past every proxy.
import { connectWorker } from "@ursa/queue/connection";
import type { World } from "./world.ts";

/** @returns what Redis answered */
export async function tellRedis({ redis }: World, command: string, ...args: string[]): Promise<unknown> {
  const connection = connectWorker(redis.url);
  try {
    return await connection.redis.call(command, ...args);
  } finally {
    await connection.close();
  }
}

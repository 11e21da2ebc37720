// The queue of messages to webhooks. Whoever ends a record puts them in, so it is opened apart from the queues of the API.
import { type RedisConnection, whileReachable } from "./connection.ts";
import { type Notice, type NoticeOptions, noticeJob } from "./flows.ts";
import { openQueue } from "./open-queues.ts";

export interface NoticeQueue {
  /** @returns false, and changes nothing, where a job of this message is kept, ended or not. Throws Problem queue_unavailable */
  add(notice: Notice, options?: NoticeOptions): Promise<boolean>;
  /** The connection stays open: whoever made it closes it. */
  close(): Promise<void>;
}

export function createNoticeQueue(connection: RedisConnection): NoticeQueue {
  const queue = openQueue("notify", connection);
  return {
    add: (notice, options) =>
      whileReachable(connection, async () => {
        if (await queue.getJob(notice.message)) return false;
        const { name, data, opts } = noticeJob(notice, options);
        await queue.add(name, data, opts);
        return true;
      }),
    close: () => queue.close(),
  };
}

// The jobs in the queues, on a page for operators. It shows those of all namespaces, so it asks for the scope that sees them.
import { createQueueBoard } from "@ursa/board/queue-board";
import type { Mount } from "@ursa/http/mount";
import type { RedisConnection } from "@ursa/queue/connection";

const PATH = "/operations/queues";

/** @param onClose is told what the page keeps open besides the connection */
export function queuePage(
  connection: RedisConnection,
  onClose: (name: string, close: () => Promise<void>) => void,
): Mount {
  const { plugin, close } = createQueueBoard(connection, PATH);
  onClose("queue page", close);
  // The page names its files relative to a <base>.
  return { path: PATH, scope: "operate", plugin, contentSecurity: { "base-uri": "'self'" } };
}

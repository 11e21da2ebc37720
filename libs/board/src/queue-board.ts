// bull-board over Ursa's queues, for looking only: of its routes those that change something are never there.
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { AppControllerRoute } from "@bull-board/api/typings/app";
import { FastifyAdapter } from "@bull-board/fastify";
import { QUEUE_NAMES } from "@ursa/contracts/queues";
import { type RedisConnection, whileReachable } from "@ursa/queue/connection";
import { openQueues } from "@ursa/queue/open-queues";
import { redact } from "@ursa/service/redact";

export type QueueBoard = {
  /** Its page, its files and what the page asks. Without Redis the last throws Problem queue_unavailable, in under a second. */
  plugin: ReturnType<FastifyAdapter["registerPlugin"]>;
  /** The connection stays open: whoever made it closes it. */
  close(): Promise<void>;
};

const LOOKS = {
  boardTitle: "Ursa",
  miscLinks: [{ text: "Status page", url: "/" }],
  // They lead away from this installation, or to what Ursa's workers do not record (Prometheus has it).
  hideDocsLink: true,
  showMetrics: false,
};

/** @param path where it is mounted, without a slash at its end */
export function createQueueBoard(connection: RedisConnection, path: string): QueueBoard {
  const queues = openQueues(connection);
  const serverAdapter = new LookingAdapter(connection).setBasePath(path);
  createBullBoard({
    queues: QUEUE_NAMES.map((name) => new BullMQAdapter(queues[name], { readOnlyMode: true })),
    serverAdapter,
    options: { uiConfig: LOOKS },
  });
  // Ursa's own handler answers errors, the refusal of a key among them; bull-board's would tell them as its own.
  serverAdapter.setErrorHandler((error) => {
    throw error;
  });
  return {
    plugin: serverAdapter.registerPlugin(),
    close: async () => {
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
    },
  };
}

class LookingAdapter extends FastifyAdapter {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    super();
    this.#connection = connection;
  }

  override setApiRoutes(routes: AppControllerRoute[]): FastifyAdapter {
    return super.setApiRoutes(routes.filter(isLooking).map((route) => this.#guarded(route)));
  }

  #guarded(route: AppControllerRoute): AppControllerRoute {
    return {
      ...route,
      handler: async (request) => {
        const answer = await whileReachable(this.#connection, async () => route.handler(request));
        return { ...answer, body: JSON.parse(redact(JSON.stringify(answer.body))) };
      },
    };
  }
}

const isLooking = ({ method }: AppControllerRoute): boolean => [method].flat().every((one) => one === "get");

// A program of its own that takes one order after another, so that its CPU time and its memory can be told from everybody else's.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export type ChildProgram<Order, Result> = AsyncDisposable & { pid: number; ask(order: Order): Promise<Result> };

type Reply<Result> = { result: Result } | { error: string };

/** @param name of a file beside this one, which calls `answerOrders` */
export function startChild<Order extends object, Result>(name: string): ChildProgram<Order, Result> {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child: ChildProcess = fork(program, { execArgv: ["--disable-warning=ExperimentalWarning"] });
  const exited = once(child, "exit").then(() => ({ error: `${name} ended` }));
  return {
    pid: child.pid ?? 0,
    async ask(order) {
      const answered = once(child, "message").then(([reply]) => reply as Reply<Result>); // Of `answerOrders`, below.
      child.send(order);
      const reply = await Promise.race([answered, exited]);
      if ("error" in reply) throw new Error(reply.error);
      return reply.result;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** The child's side. */
export function answerOrders<Order, Result>(work: (order: Order) => Promise<Result>): void {
  const answer = async (order: Order): Promise<Reply<Result>> => {
    try {
      return { result: await work(order) };
    } catch (error) {
      return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
  // Sent by `ask`, of the same types.
  process.on("message", async (order) => process.send?.(await answer(order as Order)));
  process.on("disconnect", () => process.exit());
}

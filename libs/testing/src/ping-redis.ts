// Asks a Redis server on loopback whether it answers, in its own protocol, so that no client library is needed.
import { connect } from "node:net";

export type PingRedisOptions = { port: number; password?: string | undefined; timeoutMs?: number };

/** True when the server answers PONG: started, loaded its data and took the password. */
export function pingRedis({ port, password, timeoutMs = 1_000 }: PingRedisOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: timeoutMs });
    let reply = "";
    const finish = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.on("connect", () => socket.write(`${password ? `AUTH ${password}\r\n` : ""}PING\r\n`));
    socket.on("data", (chunk) => {
      reply += chunk;
      if (reply.includes("+PONG")) finish(true);
      if (reply.includes("-")) finish(false); // an error: wrong password, or still loading its data
    });
    socket.on("timeout", () => finish(false));
    socket.on("error", () => finish(false));
    socket.on("close", () => finish(false));
  });
}

// A TCP proxy that behaves as badly as a network does: slow, deaf, broken in the middle. Toxiproxy's faults, in this process.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type Weather =
  /** Passes everything on. */
  | { kind: "fair" }
  /** Passes on each piece so much later. */
  | { kind: "slow"; ms: number }
  /**
   * Takes connections and bytes, and passes on nothing, which nobody is told of. What was held back is passed on in other weather,
   * as TCP repeats what a network lost: no bytes go missing in the middle of a connection.
   */
  | { kind: "deaf" }
  /** Resets what is open and whoever comes. */
  | { kind: "broken" };

export type TcpProxy = AsyncDisposable & {
  port: number;
  /** From now on, for open connections too. */
  setWeather(weather: Weather): void;
  /** Resets every open connection once. */
  cut(): void;
  /** Bytes passed on to the other side. */
  readonly bytes: number;
};

export async function startTcpProxy(target: { port: number; host?: string }): Promise<TcpProxy> {
  const { port: targetPort, host = "127.0.0.1" } = target;
  const open = new Set<Socket>();
  let weather: Weather = { kind: "fair" };
  let bytes = 0;

  const listen = (socket: Socket) => void (weather.kind === "deaf" ? socket.pause() : socket.resume());
  const pass = (from: Socket, to: Socket) => {
    from.on("data", (piece) => {
      bytes += piece.length;
      if (weather.kind === "slow") return void setTimeout(() => to.write(piece), weather.ms);
      to.write(piece);
    });
    from.on("end", () => to.end());
    from.on("close", () => {
      open.delete(from);
      to.destroy();
    });
    from.on("error", () => to.destroy());
    listen(from);
  };
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  const server = createServer((client) => {
    if (weather.kind === "broken") return void client.resetAndDestroy();
    const upstream = connect(targetPort, host);
    for (const socket of [client, upstream]) open.add(socket);
    pass(client, upstream);
    pass(upstream, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port, // A TCP server that listens has one.
    setWeather(next) {
      weather = next;
      for (const socket of open) listen(socket);
      if (next.kind === "broken") cut();
    },
    cut,
    get bytes() {
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

// A TCP proxy that behaves as badly as a network does: slow, deaf, broken in the middle. Toxiproxy's faults, in this process.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type Weather =
  /** Passes everything on. */
  | { kind: "fair" }
  /** Passes on each piece so much later. */
  | { kind: "slow"; ms: number }
  /** Takes connections and bytes, and passes on nothing: a half-open connection, which nobody is told of. */
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

  const pass = (from: Socket, to: Socket) => {
    from.on("data", (piece) => {
      if (weather.kind === "deaf") return;
      bytes += piece.length;
      if (weather.kind === "slow") return void setTimeout(() => to.write(piece), weather.ms);
      to.write(piece);
    });
    from.on("end", () => weather.kind !== "deaf" && to.end());
    from.on("close", () => {
      open.delete(from);
      if (weather.kind !== "deaf") to.destroy();
    });
    from.on("error", () => to.destroy());
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

// A loopback TCP port that was free a moment ago: another program can still take it before the caller does.
import { createServer } from "node:net";

/** @throws with code `EADDRINUSE` when `port` is given and taken */
export function findFreePort(port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}

// A loopback TCP port that was free a moment ago: another program can still take it before the caller does.
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below what systems give to outgoing connections (Linux from 32768, macOS from 49152), any of which could take it meanwhile and keep it. */
const RANGE = [20_000, 32_000] as const;

/** @throws with code `EADDRINUSE` when `port` is given and taken */
export async function findFreePort(port = 0): Promise<number> {
  if (port !== 0) return tryPort(port);
  for (;;) {
    const free = await tryPort(randomInt(...RANGE)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") throw error;
    });
    if (free !== undefined) return free;
  }
}

function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}

// The pictures of /pictures, one folder per class, over HTTP on port 8090.
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { pipeline } from "node:stream";

const TYPES = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".webp": "image/webp",
  ".gif": "image/gif",
};

const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url ?? "/", "http://gallery").pathname);
  const type = TYPES[extname(path).toLowerCase()];
  if (path === "/healthz") return response.end("ok\n");
  if (!type) return response.writeHead(404).end();
  const file = createReadStream(`/pictures${path}`);
  file.once("open", () => response.writeHead(200, { "content-type": type }));
  pipeline(file, response, (error) => error && !response.headersSent && response.writeHead(404).end());
});
server.listen(8090);
process.on("SIGTERM", () => process.exit());

// What is not HTTP, or did not arrive in time, never becomes a request; its problem is written straight to the socket.
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { Problem } from "@ursa/contracts/problem";

export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  // The client is gone already, or an answer has begun on this connection.
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const problem = problemOf(error.code);
  const body = JSON.stringify(problem.toBody());
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    "content-type: application/problem+json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function problemOf(code: string | undefined): Problem {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new Problem("request_timeout");
  if (code === "HPE_HEADER_OVERFLOW") return new Problem("malformed_request", "The headers are larger than 16 KiB.");
  return new Problem("malformed_request");
}

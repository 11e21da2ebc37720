// A failure of starting Ursa that a person can act on: the message is the whole sentence to show.
export type UpErrorCode = "already_running" | "port_in_use" | "service_failed";

export type UpError = Error & { code: UpErrorCode };

export function upError(code: UpErrorCode, message: string, cause?: unknown): UpError {
  return Object.assign(new Error(message, { cause }), { code });
}

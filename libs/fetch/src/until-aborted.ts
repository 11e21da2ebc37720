// Stops waiting for work that cannot itself be cancelled, such as a DNS query already sent.

/** Settles as `work` does, or rejects with the signal's reason if that comes first; `work` goes on unobserved. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  return await Promise.race([work, aborted]).finally(() => signal.removeEventListener("abort", stop));
}

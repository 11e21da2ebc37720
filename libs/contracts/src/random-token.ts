/** 128 random bits as 32 hexadecimal digits. Browsers have crypto.randomUUID only where the page came by TLS or from this machine. */
export const randomToken = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

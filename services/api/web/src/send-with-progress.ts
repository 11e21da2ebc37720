/** Bytes of the body, of which the headers are no part. */
export type OnSent = (sent: { done: number; total: number }) => void;

/** A `fetch` for one upload that tells how far it is, which browsers' own does not. What it answers is read whole. */
export const sendWithProgress =
  (onSent: OnSent): typeof fetch =>
  (address, { method = "GET", headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, String(address));
      for (const [name, value] of new Headers(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded, total }) => onSent({ done: loaded, total });
      request.onload = () => {
        const { status, responseText } = request;
        resolve(new Response(responseText, { status }));
      };
      request.onerror = () => reject(new TypeError("The connection broke."));
      request.onabort = () => reject(signal?.reason);
      signal?.addEventListener("abort", () => request.abort());
      // Of what fetch takes only streams are not for XMLHttpRequest, and an archive is a Blob.
      request.send(body as XMLHttpRequestBodyInit);
    });

// Headers of every answer. The pages run no script but our own and load nothing from elsewhere.

// Inline styles are allowed: the pages are one file each, and every name in them is escaped.
const DIRECTIVES: Record<string, string> = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self' 'unsafe-inline'",
  "img-src": "'self' blob: data:",
  "connect-src": "'self'",
  "frame-ancestors": "'none'",
  "base-uri": "'none'",
  "form-action": "'self'",
};

/** @param others directives that replace ours, by name */
export const contentSecurityPolicy = (others: Record<string, string> = {}): string =>
  Object.entries({ ...DIRECTIVES, ...others })
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");

/** A handler's own headers win over these. */
export const SECURITY_HEADERS: Record<string, string> = {
  "cache-control": "no-store",
  "content-security-policy": contentSecurityPolicy(),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

// Takes secrets out of text that leaves the process: log lines, health answers. Works on serialised JSON, so no nesting hides one.

export const CENSORED = "[redacted]";

// In order: members that are secret whatever they hold (a text, or a list of texts); `scheme://user:password@`;
// secrets of API keys and webhooks; credentials in a header's value; the parts of a presigned URL that grant access. Each pattern is linear in the text.
const SECRET_MEMBER =
  /"([\w-]*(?:authorization|cookie|password|passwd|secret|secret_?key|access_?key|api_?key|token))":(?:"(?:\\.|[^"\\])*"|\[[^\]]*\])/gi;
const URL_CREDENTIALS = /:\/\/[^\s/?#"\\]*@/g;
const AUTHORIZATION_VALUE = /\b(Bearer|Basic) [\w.~+/=-]+/g;
/** The id of an API key may be told, its secret not. */
const KEY_SECRET = /\b(ursa_key_[0-9A-Z]{26}_)[\w-]+/g;
/** What messages to a webhook are signed with. */
const WEBHOOK_SECRET = /\bwhsec_[\w+/=-]+/g;
const PRESIGNED_PART = /(X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s"\\]+/gi;

/** @returns the text with passwords, keys, cookies and authorization values replaced by `[redacted]` */
export function redact(text: string): string {
  return text
    .replace(SECRET_MEMBER, `"$1":"${CENSORED}"`)
    .replace(URL_CREDENTIALS, `://${CENSORED}@`)
    .replace(KEY_SECRET, `$1${CENSORED}`)
    .replace(WEBHOOK_SECRET, CENSORED)
    .replace(AUTHORIZATION_VALUE, `$1 ${CENSORED}`)
    .replace(PRESIGNED_PART, `$1${CENSORED}`);
}

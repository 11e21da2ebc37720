// AWS Signature Version 4 of a request's headers, checked for real. Signatures of single chunks and presigned URLs are not.
// docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
import { createHash, createHmac } from "node:crypto";
import { S3StubError } from "./answers.ts";

export type Credentials = { accessKey: string; secretKey: string };
export type SignedRequest = { method: string; url: string; headers: NodeJS.Dict<string | string[]> };

const MAX_SKEW_MS = 15 * 60_000;

/** Throws the S3 error a real server would answer. `now` in ms, for the test. */
export function verifySignature(request: SignedRequest, { accessKey, secretKey }: Credentials, now = Date.now()): void {
  const { method, url, headers } = request;
  const header = (name: string) => String(headers[name] ?? "");
  const fields = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    header("authorization"),
  );
  if (fields === null) throw new S3StubError("AccessDenied", "The request is not signed with AWS4-HMAC-SHA256");
  const [, credential = "", signedHeaders = "", signature] = fields;
  const [keyId, day = "", region = "", service = ""] = credential.split("/");
  if (keyId !== accessKey) throw new S3StubError("InvalidAccessKeyId", "The access key is not known here");

  const date = header("x-amz-date");
  checkSkew(date, now);
  const payloadHash = header("x-amz-content-sha256");
  const [path = "", query = ""] = url.split("?");
  const canonicalHeaders = signedHeaders
    .split(";")
    .map((name) => `${name}:${header(name).trim().replace(/ +/g, " ")}\n`);
  const canonical = [method, path, canonicalQuery(query), canonicalHeaders.join(""), signedHeaders, payloadHash].join(
    "\n",
  );
  const scope = [day, region, service, "aws4_request"];
  const key = scope.reduce((secret: string | Buffer, part) => hmac(secret, part), `AWS4${secretKey}`);
  const toSign = ["AWS4-HMAC-SHA256", date, scope.join("/"), createHash("sha256").update(canonical).digest("hex")];
  if (hmac(key, toSign.join("\n")).toString("hex") !== signature) {
    throw new S3StubError("SignatureDoesNotMatch", `The signature is not that of this request:\n${canonical}`);
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  const parts = query.split("&").map((part) => (part.includes("=") ? part : `${part}=`));
  return parts.sort().join("&");
}

/** `date` is in ISO 8601 basic format: 20260131T235959Z. */
function checkSkew(date: string, now: number): void {
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  if (!(Math.abs(now - Date.parse(iso)) < MAX_SKEW_MS)) {
    throw new S3StubError("RequestTimeTooSkewed", `The request was signed at ${date}, more than 15 minutes from now`);
  }
}

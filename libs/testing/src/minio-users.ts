// Users of a test's own MinIO, each with one policy, by its admin API: the way `mc admin` takes, of which only this much is needed.
import { argon2Sync, createCipheriv, createHash, createHmac, randomBytes } from "node:crypto";

export type MinioAdmin = { url: string; credentials: { accessKey: string; secretKey: string } };

/** Node has Argon2 since 24.7, and MinIO takes no password of a user without it. */
export const canAddMinioUsers = typeof argon2Sync === "function";

/**
 * Adds a user who may do what the policy says and nothing else.
 * @param policy a document of AWS IAM, as JSON
 * @throws an Error with the server's answer where it refuses
 */
export async function addMinioUser(
  admin: MinioAdmin,
  { name, policy }: { name: string; policy: string },
): Promise<{ accessKey: string; secretKey: string }> {
  const secretKey = randomBytes(16).toString("hex");
  const user = encrypt(admin.credentials.secretKey, JSON.stringify({ secretKey, status: "enabled" }));
  await ask(admin, { call: "add-canned-policy", given: { name }, body: Buffer.from(policy) });
  await ask(admin, { call: "add-user", given: { accessKey: name }, body: user });
  await ask(admin, {
    call: "set-user-or-group-policy",
    given: { isGroup: "false", policyName: name, userOrGroup: name },
  });
  return { accessKey: name, secretKey };
}

type Call = { call: string; given: Record<string, string>; body?: Buffer };

async function ask({ url, credentials }: MinioAdmin, { call, given, body = Buffer.alloc(0) }: Call): Promise<void> {
  const path = `/minio/admin/v3/${call}`;
  const query = new URLSearchParams(Object.entries(given).sort()).toString();
  const host = new URL(url).host;
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const sha256 = sha256Of(body);
  const signed = { host, "x-amz-content-sha256": sha256, "x-amz-date": date };
  const headerLines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  const names = Object.keys(signed).join(";");
  const request = ["PUT", path, query, headerLines.join(""), names, sha256].join("\n");
  // Signature version 4, as S3 has it.
  const scope = [date.slice(0, 8), "us-east-1", "s3", "aws4_request"];
  const toSign = ["AWS4-HMAC-SHA256", date, scope.join("/"), sha256Of(request)].join("\n");
  const key = scope.reduce((secret: string | Buffer, part) => hmac(secret, part), `AWS4${credentials.secretKey}`);
  const credential = `Credential=${credentials.accessKey}/${scope.join("/")}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${hmac(key, toSign).toString("hex")}`;
  const headers = { ...signed, authorization };
  const answer = await fetch(`${url}${path}?${query}`, { method: "PUT", headers, body });
  if (!answer.ok) throw new Error(`MinIO answered ${answer.status} to ${call}: ${await answer.text()}`);
}

const sha256Of = (data: Buffer | string) => createHash("sha256").update(data).digest("hex");
const hmac = (key: Buffer | string, data: string) => createHmac("sha256", key).update(data).digest();

/** One short message in MinIO's format (madmin-go's EncryptData): salt, kind of key, nonce, and one last fragment of AES-256-GCM (sio-go). */
function encrypt(password: string, text: string): Buffer {
  const [salt, nonce] = [randomBytes(32), randomBytes(8)];
  const costs = { parallelism: 4, memory: 64 * 1024, passes: 1, tagLength: 32 };
  const key = argon2Sync("argon2id", { message: password, nonce: salt, ...costs });
  const seal = (sequence: number, data: Buffer, associated: Buffer) => {
    const number = Buffer.alloc(4);
    number.writeUInt32LE(sequence);
    const cipher = createCipheriv("aes-256-gcm", key, Buffer.concat([nonce, number])).setAAD(associated);
    return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
  };
  const empty = Buffer.alloc(0);
  // 0x80: there is no fragment after this one.
  const associated = Buffer.concat([Buffer.from([0x80]), seal(0, empty, empty)]);
  return Buffer.concat([salt, Buffer.from([0]), nonce, seal(1, Buffer.from(text), associated)]);
}

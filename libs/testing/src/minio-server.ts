// A real MinIO server of a test's own, where the binary is installed: on PATH, or where Go puts what it builds.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { findFreePort } from "./free-port.ts";
import { createScratchFolder } from "./scratch-folder.ts";
import { waitUntil } from "./wait-until.ts";

export type MinioServer = AsyncDisposable & {
  pid: number;
  /** `http://127.0.0.1:PORT` */
  url: string;
  credentials: { accessKey: string; secretKey: string };
  /** For `openStore`; the bucket is made when it is not there. */
  storeUrl(bucket?: string, prefix?: string): string;
  close(): Promise<void>;
};

const CREDENTIALS = { accessKey: "minio-access-key", secretKey: "minio-secret-key" };

/** Of a server of a test's own, wherever it runs. */
export const minioEnvironment = {
  MINIO_ROOT_USER: CREDENTIALS.accessKey,
  MINIO_ROOT_PASSWORD: CREDENTIALS.secretKey,
  MINIO_BROWSER: "off",
};

/** How one that has that environment is reached. @param host `host:port` */
export const addressedAt = (host: string): Pick<MinioServer, "url" | "credentials" | "storeUrl"> => ({
  url: `http://${host}`,
  credentials: CREDENTIALS,
  storeUrl: (bucket = "ursa", prefix = "") => `s3://${host}/${bucket}?tls=false&create=true&prefix=${prefix}`,
});

/** Undefined where there is no `minio`. Data lie in a scratch folder. */
export async function startMinio(): Promise<MinioServer | undefined> {
  const binary = await findMinio();
  if (binary === undefined) return undefined;
  const folder = await createScratchFolder();
  const port = await findFreePort();
  const child = spawn(binary, ["server", "--quiet", "--address", `127.0.0.1:${port}`, folder.path], {
    env: { ...process.env, ...minioEnvironment },
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  const stopWithUs = () => child.kill("SIGKILL");
  process.once("exit", stopWithUs);
  const close = async () => {
    process.off("exit", stopWithUs);
    child.kill("SIGTERM");
    await exited;
    await rm(folder.path, { recursive: true, force: true, maxRetries: 3 });
  };
  const addressed = addressedAt(`127.0.0.1:${port}`);
  const isReady = () =>
    fetch(`${addressed.url}/minio/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
  await waitUntil(isReady, { what: `${binary} to be ready`, timeoutMs: 30_000 });
  return {
    pid: child.pid ?? 0,
    ...addressed,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function findMinio(): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? "").split(delimiter), process.env.GOBIN ?? "", join(homedir(), "go", "bin")];
  for (const folder of folders.filter((path) => path !== "")) {
    const path = join(folder, "minio");
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

// What the services of a world store in: a folder, the S3 stub that misbehaves on order, or a real MinIO where there is one.
import { startMinio } from "@ursa/testing/minio-server";
import { type S3Stub, startS3Stub } from "@ursa/testing/s3-stub";

export const STORE_KINDS = ["folder", "stub", "minio"] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

export type WorldStore = {
  /** Where it is the stub. */
  s3: S3Stub | undefined;
  env: { URSA_STORE_URL: string; URSA_STORE_ACCESS_KEY?: string; URSA_STORE_SECRET_KEY?: string };
};

/** @param building what ends with the world. Where no MinIO is installed it says so, and takes a folder. */
export async function startWorldStore(
  kind: StoreKind,
  folder: string,
  building: AsyncDisposableStack,
): Promise<WorldStore> {
  if (kind === "stub") {
    const s3 = building.use(await startS3Stub());
    return { s3, env: environment(s3.storeUrl(), s3.credentials) };
  }
  const minio = kind === "minio" ? building.use(await startMinio()) : undefined;
  if (minio) return { s3: undefined, env: environment(minio.storeUrl(), minio.credentials) };
  if (kind === "minio") process.stdout.write("(absent: no MinIO is installed here; in a folder) ");
  return { s3: undefined, env: { URSA_STORE_URL: `file://${folder}/store` } };
}

function environment(url: string, { accessKey, secretKey }: { accessKey: string; secretKey: string }) {
  return { URSA_STORE_URL: url, URSA_STORE_ACCESS_KEY: accessKey, URSA_STORE_SECRET_KEY: secretKey };
}

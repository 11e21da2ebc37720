// A real MinIO server of a test's own in a container, from the image that Compose starts where no registry of images is reachable; a
// process where that cannot be. The one file that knows testcontainers.
import { spawnSync } from "node:child_process";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { addressedAt, type MinioServer, minioEnvironment, startMinio } from "@ursa/testing/minio-server";
import { GenericContainer, getContainerRuntimeClient, ImageName, Wait } from "testcontainers";

/** What tools/closed-images.sh makes. */
const IMAGE = "local/minio:1";
const PORT = 9000;
const STARTUP_MS = 60_000;

export type MinioContainer = Omit<MinioServer, "pid"> & { runsIn: "a container" | "a process" };

/**
 * Undefined where there is no MinIO at all. That it is not in a container is said among what was absent.
 * @param image another one
 */
export async function startMinioContainer(image = IMAGE): Promise<MinioContainer | undefined> {
  const missing = await missingFor(image);
  if (missing === undefined) return startIn(image);
  const server = await startMinio();
  if (!server) return undefined;
  reportAbsentPart(`MinIO ran in a process and not in a container: ${missing}.`);
  return { ...server, runsIn: "a process" };
}

async function missingFor(image: string): Promise<string | undefined> {
  const engine = await getContainerRuntimeClient().catch(() => undefined);
  if (!engine) return "no Docker engine answers";
  if (await engine.image.exists(ImageName.fromString(image))) return undefined;
  return `${image} is missing (tools/closed-images.sh makes it)`;
}

async function startIn(image: string): Promise<MinioContainer> {
  // What it would remove containers with is an image that only a registry has.
  process.env.TESTCONTAINERS_RYUK_DISABLED = "true";
  const container = await new GenericContainer(image)
    .withEnvironment(minioEnvironment)
    .withExposedPorts(PORT)
    .withWaitStrategy(Wait.forHttp("/minio/health/ready", PORT))
    .withStartupTimeout(STARTUP_MS)
    .start();
  const removeWithUs = () => void spawnSync("docker", ["rm", "--force", "--volumes", container.getId()]);
  process.once("exit", removeWithUs);
  const close = async () => {
    process.off("exit", removeWithUs);
    await container.stop();
  };
  const host = `${container.getHost()}:${container.getMappedPort(PORT)}`;
  return { ...addressedAt(host), close, [Symbol.asyncDispose]: close, runsIn: "a container" };
}

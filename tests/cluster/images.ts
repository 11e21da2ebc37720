// The images of this checkout, and those of Redis and MinIO, in this machine's Docker engine.
import { resolve } from "node:path";
import { runCommand } from "@ursa/testing/run-command";

const root = resolve(import.meta.dirname, "../..");
const SERVICES = ["api", "downloader", "trainer", "inferer"];
const BASES = { BASE_IMAGE: "local/node:24-bookworm-slim", BUILD_IMAGE: "local/node-build:24-bookworm-slim" };

/** Builds what is not there, or is of another state of the sources. @returns their names */
export async function buildImages(version: string): Promise<string[]> {
  await runCommand(resolve(root, "tools/closed-images.sh"), []);
  const images: string[] = [];
  for (const service of SERVICES) images.push(await buildImage(service, version));
  return [...images, "local/redis:7", "local/minio:1"];
}

/** One target of deploy/docker/Dockerfile, from the base images of tools/closed-images.sh. @returns its name */
export async function buildImage(target: string, version: string): Promise<string> {
  const bases = Object.entries(BASES).flatMap(([name, image]) => ["--build-arg", `${name}=${image}`]);
  const from = ["--file", resolve(root, "deploy/docker/Dockerfile"), "--target", target];
  const image = `local/ursa-${target}:${version}`;
  await runCommand("docker", ["build", "--quiet", ...from, ...bases, "--tag", image, root], {
    env: { DOCKER_BUILDKIT: "1" },
  });
  return image;
}

// The images of this checkout, and those of Redis and MinIO, in this machine's Docker engine.
import { resolve } from "node:path";
import { runCommand } from "@ursa/testing/run-command";

const root = resolve(import.meta.dirname, "../..");
const SERVICES = ["api", "downloader", "trainer", "inferer"];
const BASES = { BASE_IMAGE: "local/node:24-bookworm-slim", BUILD_IMAGE: "local/node-build:24-bookworm-slim" };

/** Builds what is not there, or is of another state of the sources. @returns their names */
export async function buildImages(version: string): Promise<string[]> {
  await runCommand(resolve(root, "tools/closed-images.sh"), []);
  const bases = Object.entries(BASES).flatMap(([name, image]) => ["--build-arg", `${name}=${image}`]);
  const names = SERVICES.map((service) => ({ service, image: `local/ursa-${service}:${version}` }));
  for (const { service, image } of names) {
    const from = ["--file", resolve(root, "deploy/docker/Dockerfile"), "--target", service];
    await runCommand("docker", ["build", "--quiet", ...from, ...bases, "--tag", image, root], {
      env: { DOCKER_BUILDKIT: "1" },
    });
  }
  return [...names.map(({ image }) => image), "local/redis:7", "local/minio:1"];
}

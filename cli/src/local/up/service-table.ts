// What `ursa up` runs beside Redis, and how the processes find each other.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

// Some 24.x releases still announce type stripping in every process.
export const nodeFlags = ["--disable-warning=ExperimentalWarning"];

export type ServiceEntry = {
  name: string;
  /** The program, run by this Node. */
  main: string;
  /** Of Node, beside those of all. */
  flags?: string[];
  env?: Record<string, string>;
};

// One inferer answers people, the other takes batches, so that a batch never makes a person wait.
export const ursaServices: ServiceEntry[] = [
  // What a request leaves behind is collected sooner: planning a million URLs takes 195 MB with it and 280 without, and as long. As in its image.
  { name: "api", main: mainOf("api"), flags: ["--max-semi-space-size=4"] },
  { name: "downloader", main: mainOf("downloader") },
  { name: "trainer", main: mainOf("trainer") },
  // Bytes of pictures are garbage that only a collection of young objects frees soon: with room for many of those, each picture takes half as
  // much CPU again of this process. As in its image.
  { name: "inferer", main: mainOf("inferer"), flags: ["--max-semi-space-size=2"], env: { URSA_ROLE: "classify" } },
  { name: "inferer-batch", main: mainOf("inferer"), env: { URSA_ROLE: "batch" } },
];

export type SharedSettings = {
  redisUrl: string;
  storeDir: string;
  /** Port of each service by name. */
  ports: Record<string, number>;
  /** `host:port` pairs that may be fetched although their address is private. */
  allowFetch: string[];
};

/** The environment every service gets, its own port excepted. */
export function sharedEnvironment({ redisUrl, storeDir, ports, allowFetch }: SharedSettings): Record<string, string> {
  return {
    URSA_HOST: "127.0.0.1",
    URSA_REDIS_URL: redisUrl,
    URSA_STORE_URL: pathToFileURL(storeDir).href,
    URSA_DOWNLOADER_URL: localUrl(ports.downloader),
    URSA_INFERER_URL: localUrl(ports.inferer),
    URSA_FETCH_ALLOW: allowFetch.join(","),
    // Beside the store, and so its user's own: two people on one machine must not share a scratch folder.
    URSA_WORK_DIR: resolve(storeDir, "../work"),
    URSA_LOG_LEVEL: process.env.URSA_LOG_LEVEL ?? "info",
    // Compiled code is kept between starts: loading a service's packages takes 0.65 s of a core without, 0.4 s with.
    NODE_COMPILE_CACHE: resolve(import.meta.dirname, "../../../../node_modules/.cache/node-compile"),
  };
}

export function localUrl(port: number | undefined): string {
  return `http://127.0.0.1:${port}`;
}

function mainOf(service: string): string {
  return resolve(import.meta.dirname, "../../../../services", service, "src/main.ts");
}

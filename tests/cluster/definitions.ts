// The custom resource definitions that the overlays need: those of the cluster, or else from the Go modules of their makers.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "@ursa/testing/run-command";
import { z } from "zod";
import type { Kubectl } from "./kubectl.ts";

const SOURCES = [
  {
    has: "scaledobjects.keda.sh",
    module: "github.com/kedacore/keda/v2@v2.21.0",
    folder: "config/crd/bases",
    files: /./,
  },
  {
    has: "prometheusrules.monitoring.coreos.com",
    module: "github.com/prometheus-operator/prometheus-operator@v0.94.1",
    folder: "example/prometheus-operator-crd",
    files: /_(prometheusrules|servicemonitors)\.yaml$/,
  },
];
const moduleSchema = z.object({ Dir: z.string() });

export async function installDefinitions(kubectl: Kubectl): Promise<void> {
  for (const { has, module, folder, files } of SOURCES) {
    const { code } = await kubectl.ended(["get", "crd", has]);
    if (code === 0) continue;
    const answer = await runCommand("go", ["mod", "download", "-json", module], {
      cwd: "/",
      env: { GOFLAGS: "-mod=mod" },
    });
    const source = join(moduleSchema.parse(JSON.parse(answer)).Dir, folder);
    for (const file of readdirSync(source).filter((name) => files.test(name))) {
      // By the server: as an annotation of the client's, some of these would be too long.
      await kubectl(["apply", "--server-side", "-f", join(source, file)]);
    }
  }
  await kubectl(["wait", "--for=condition=Established", "crd", ...SOURCES.map(({ has }) => has), "--timeout=60s"]);
}

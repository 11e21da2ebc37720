// `ursa engine install native [--gpu]`.
import { installNative } from "@ursa/engine/install-native";
import type { NativeName } from "@ursa/engine/native-package";
import { probeNative } from "@ursa/engine/probe-native";
import type { Printer } from "../../print.ts";
import { createInstallView } from "./install-view.ts";
import { withStopSignals } from "./with-stop-signals.ts";

const SOURCES = {
  npm: "installed by npm",
  registries: "built from registries",
  before: "was installed already",
} as const;

type InstallCommand = { name: NativeName; forElsewhere: boolean; print: Printer };

/** Installs, then loads what was installed: an install that does not load has failed. What is for elsewhere is loaded there. */
export async function runInstall({ name, forElsewhere, print }: InstallCommand): Promise<void> {
  const view = createInstallView();
  await withStopSignals(async (signal) => {
    try {
      const source = await installNative(name, { progress: view, signal, env: process.env, forElsewhere });
      if (forElsewhere) {
        print.answer({ name, source }, `${name} ${SOURCES[source]}, to be loaded where it is used`);
        return;
      }
      view.step("loading it");
      const found = await probeNative(name, signal);
      if (!found) throw new Error(`${name} was installed, and is not there: run the same command again.`);
      const text = `${name} ${SOURCES[source]}: TensorFlow ${found.versions.tensorflow} on ${found.device}`;
      print.answer({ name, source, ...found }, text);
    } finally {
      view.stop();
    }
  });
}

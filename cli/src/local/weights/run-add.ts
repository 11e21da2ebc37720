// `ursa weights add`.
import { addWeights } from "@ursa/classifier/weights-add";
import type { BackboneName } from "@ursa/classifier/weights-registry";
import { BACKBONES } from "@ursa/contracts/recipe";
import { Failure } from "../../failure.ts";
import type { Printer } from "../../print.ts";
import { createInstallView } from "../engine/install-view.ts";
import { exitCodeOfSignal, onStopSignals } from "../stop-signals.ts";
import { weightsDir } from "./weights-dir.ts";

type Request = { backbone: string; source: string; sha256: string | undefined };

export async function runAdd({ backbone, source, sha256 }: Request, print: Printer): Promise<void> {
  const name = nameOf(backbone);
  const view = createInstallView();
  const stop = new AbortController();
  const unlisten = onStopSignals({
    first: (signal) => stop.abort(new Failure("Stopped; nothing was added.", { exitCode: exitCodeOfSignal(signal) })),
    again: () => process.exit(1),
  });
  try {
    // Without a length there is nothing to fill a bar with.
    const onProgress = (done: number, total: number | undefined) => void (total && view.bytes(name, { done, total }));
    const dir = weightsDir();
    const record = await addWeights({ name, source, sha256, dir, onProgress, signal: stop.signal });
    view.stop();
    const size = `${(record.bytes / 1e6).toFixed(1)} MB, sha256 ${record.sha256}`;
    print.answer({ name, ...record }, `${name} added to ${dir}: ${size}`);
  } finally {
    view.stop();
    unlisten();
  }
}

function nameOf(text: string): BackboneName {
  const name = BACKBONES.find((each) => each === text);
  if (name) return name;
  throw new Failure(`There is no backbone ${text}; there are: ${BACKBONES.join(", ")}.`, { exitCode: 2 });
}

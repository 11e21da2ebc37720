// `ursa engine list`.
import { listEngines } from "@ursa/engine/list-engines";
import { type Printer, table } from "../../print.ts";
import { withStopSignals } from "./with-stop-signals.ts";

export async function runList(print: Printer): Promise<void> {
  await withStopSignals(async (signal) => {
    const engines = await listEngines(signal);
    const rows = engines.map(({ name, state, version = "", device = "" }) => [name, state, version, device]);
    const faults = engines.flatMap(({ name, fault }) => (fault ? [`${name}: ${fault}`] : []));
    print.answer(engines, [table(["engine", "state", "version", "device"], rows), ...faults].join("\n"));
  });
}

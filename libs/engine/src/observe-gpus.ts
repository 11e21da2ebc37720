// What NVIDIA's own tool says of the GPUs that this process sees, for the metrics. It counts whoever uses them, not only us.
import { runTool } from "./run-tool.ts";

export type GpuGauges = {
  gpuMemoryUsed: Gauge;
  gpuMemorySize: Gauge;
  gpuUtilization: Gauge;
};
type Gauge = { set(labels: { gpu: string }, value: number): void; clear(): void };

const QUERY = ["--query-gpu=index,memory.used,memory.total,utilization.gpu", "--format=csv,noheader,nounits"];
const MIB = 2 ** 20;
/** The tool takes a tenth of a second, or as long as a driver that hangs. */
const PATIENCE_MS = 2000;

/** @returns what to run before a scrape; where the tool is missing or hangs, nothing is told. Never rejects. */
export function observeGpus(gauges: GpuGauges, tool = "nvidia-smi"): () => Promise<void> {
  return async () => {
    for (const gauge of [gauges.gpuMemoryUsed, gauges.gpuMemorySize, gauges.gpuUtilization]) gauge.clear();
    const how = { cwd: "/", env: process.env, signal: AbortSignal.timeout(PATIENCE_MS) };
    const { stdout } = await runTool([tool, ...QUERY], how).catch(() => ({ stdout: "" }));
    for (const line of stdout.split("\n").filter((text) => text.trim() !== "")) tell(line, gauges);
  };
}

/** A card that does not measure something says `[N/A]`, and nothing is told of that. */
function tell(line: string, { gpuMemoryUsed, gpuMemorySize, gpuUtilization }: GpuGauges): void {
  const [gpu = "", used, size, utilization] = line.split(",").map((cell) => cell.trim());
  const set = (gauge: Gauge, value: number) => {
    if (Number.isFinite(value)) gauge.set({ gpu }, value);
  };
  set(gpuMemoryUsed, Number(used) * MIB);
  set(gpuMemorySize, Number(size) * MIB);
  set(gpuUtilization, Number(utilization) / 100);
}

// A test's own work, also that of processes it started, never stretches its bound; that of others does.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { platform } from "node:os";
import { expect, test } from "vitest";
import { crowdingBetween, readCpuTimes } from "./crowding.ts";

const at = (busy: number, own: number) => ({ cores: 2, busy, own });

test("what others take of the cores stretches a bound, to three times at most", () => {
  expect(crowdingBetween(at(100, 5), at(120, 25), 10)).toBe(1);
  expect(crowdingBetween(at(100, 5), at(110, 5), 10)).toBe(2);
  expect(crowdingBetween(at(100, 5), at(115, 10), 10)).toBe(2);
  expect(crowdingBetween(at(100, 5), at(120, 5), 10)).toBe(3);
  expect(crowdingBetween(at(100, 5), at(125, 5), 10)).toBe(3);
  expect(crowdingBetween(at(100, 5), at(101, 7), 10)).toBe(1);
});

const BUSY = `const end = process.cpuUsage().user + 4e5;
for (let sum = 0; process.cpuUsage().user < end; ) for (let i = 0; i < 1e6; i++) sum += i;`;

test.skipIf(platform() !== "linux")(
  "processes that a test started are its own, while they run and when they have ended",
  async () => {
    const before = readCpuTimes();
    spawnSync(process.execPath, ["-e", BUSY]);
    const between = readCpuTimes();
    expect((between?.own ?? 0) - (before?.own ?? 0)).toBeGreaterThanOrEqual(0.35);
    const child = spawn(process.execPath, ["-e", `${BUSY} console.log("worked"); setInterval(() => {}, 1e3)`]);
    await once(child.stdout, "data");
    const after = readCpuTimes();
    child.kill();
    expect((after?.own ?? 0) - (between?.own ?? 0)).toBeGreaterThanOrEqual(0.35);
    // Of all cores, its own is a part.
    expect((after?.busy ?? 0) - (before?.busy ?? 0)).toBeGreaterThanOrEqual(0.7);
  },
);

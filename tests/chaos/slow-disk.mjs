// Preloaded into a process whose disk is to be slow: writing takes its time, CHAOS_DISK_KB_PER_S, and so does bringing a file or a folder to the
// disk, CHAOS_DISK_SYNC_MS. The event loop goes on meanwhile, as it does where a thread of Node's waits for a disk.
import fs from "node:fs";
import { open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { setTimeout as delay } from "node:timers/promises";

const bytesPerMs = Number(process.env.CHAOS_DISK_KB_PER_S ?? 1024) * (1024 / 1000);
const syncMs = Number(process.env.CHAOS_DISK_SYNC_MS ?? 0);

const handle = await open("/dev/null", "w");
const FileHandle = Object.getPrototypeOf(handle);
await handle.close();

const sizeOf = (data) => data?.byteLength ?? data?.length ?? 0;

function slowed(owner, name, dataAt) {
  const real = owner[name];
  owner[name] = async function (...given) {
    await delay(dataAt === undefined ? syncMs : sizeOf(given[dataAt]) / bytesPerMs);
    return real.apply(this, given);
  };
}

for (const name of ["write", "writeFile", "appendFile"]) slowed(FileHandle, name, 0);
for (const name of ["sync", "datasync"]) slowed(FileHandle, name);
for (const name of ["writeFile", "appendFile"]) slowed(fs.promises, name, 1);
syncBuiltinESMExports();

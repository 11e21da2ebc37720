// Progress of one phase, summed over its parts inside Redis: many workers report parts of one record at the same time.
import type { Progress } from "@ursa/contracts/record";
import type { RedisConnection } from "./connection.ts";

/**
 * KEYS: latest progress (hash), parts of this phase (hash), event stream, which is also the channel's name.
 * ARGV: phase, part, done, total, seconds to keep, milliseconds between events, length of the stream, details (members of JSON),
 * the part's classes (JSON, or nothing).
 * The stream holds one event of progress per phase, the newest: whoever comes later needs no other, and the epochs stay.
 * A part that starts again lowers the sum by what it had, so a redelivered shard is not counted twice.
 */
const SCRIPT = `
local function move(sum, field, value)
  local before = tonumber(redis.call("HGET", KEYS[2], field) or "0")
  redis.call("HSET", KEYS[2], field, value)
  return redis.call("HINCRBYFLOAT", KEYS[2], sum, tonumber(value) - before)
end
local phase = ARGV[1]
local done, total = "0", "0"
if ARGV[2] == "" then
  redis.call("HSET", KEYS[2], "expected", ARGV[4])
  done = redis.call("HGET", KEYS[2], "done") or "0"
  total = redis.call("HGET", KEYS[2], "total") or "0"
else
  done = move("done", "done:" .. ARGV[2], ARGV[3])
  total = move("total", "total:" .. ARGV[2], ARGV[4])
end
local expected = redis.call("HGET", KEYS[2], "expected") or "0"
if tonumber(expected) > tonumber(total) then total = expected end
if tonumber(done) > tonumber(total) then done = total end
if ARGV[9] ~= "" then redis.call("HSET", KEYS[2], "classes:" .. ARGV[2], ARGV[9]) end

local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local last = redis.call("HMGET", KEYS[1], "phase", "at", "event")
local isDue = last[1] ~= phase or done == total or now - tonumber(last[2] or "0") >= tonumber(ARGV[6])
redis.call("HSET", KEYS[1], "phase", phase, "done", done, "total", total, "details", ARGV[8])
if isDue then
  if last[1] == phase and last[3] then redis.call("XDEL", KEYS[3], last[3]) end
  local event = '{"type":"progress","progress":{"phase":"' .. phase .. '","done":' .. done .. ',"total":' .. total .. ARGV[8] .. "}}"
  local id = redis.call("XADD", KEYS[3], "MAXLEN", "~", ARGV[7], "*", "event", event)
  redis.call("HSET", KEYS[1], "at", now, "event", id)
  redis.call("PUBLISH", KEYS[3], id)
end
for _, key in ipairs(KEYS) do redis.call("EXPIRE", key, ARGV[5]) end
`;

/** What belongs to no sum: passed on as it is, `classes` excepted, which is kept by part. */
export type ProgressDetails = Omit<Progress, "phase" | "done" | "total">;
export type ProgressReport = {
  phase: string;
  part: string;
  done: number;
  total: number;
  details?: ProgressDetails | undefined;
};
export type ProgressPlace = { latest: string; parts: string; stream: string };
export type ProgressLimits = { keptS: number; everyMs: number; streamLength: number };

/** An empty `part` sets the total that the whole phase will reach. */
export async function addProgress(
  { redis }: RedisConnection,
  report: ProgressReport,
  { place, limits }: { place: ProgressPlace; limits: ProgressLimits },
): Promise<void> {
  const { phase, part, done, total } = report;
  const { classes, ...details } = report.details ?? {};
  const { keptS, everyMs, streamLength } = limits;
  const keys = [place.latest, place.parts, place.stream];
  const numbers = [done, total, keptS, everyMs, streamLength];
  const texts = [membersOf(details), classes ? JSON.stringify(classes) : ""];
  await redis.eval(SCRIPT, keys.length, ...keys, phase, part, ...numbers, ...texts);
}

/** `,"epoch":1`: to be appended to the members of an object. */
function membersOf(details: ProgressDetails): string {
  const members = JSON.stringify(details).slice(1, -1);
  return members ? `,${members}` : "";
}

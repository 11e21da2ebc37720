// What is looked at and counted in one step, so that of twenty who ask for the last place at once exactly one gets it.
// A limit below 0 is none. Answers are {outcome, used}: 1 it is counted, 0 it would be too much, -1 it is not known what was used.

/** KEYS: unfinished jobs by when they were counted (0: the record is there), all namespaces, whether jobs were ever recounted. */
export const TAKE_JOBS = `
local limit, now, namespace = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local used, new = redis.call("ZCARD", KEYS[1]), 0
for i = 4, #ARGV do if not redis.call("ZSCORE", KEYS[1], ARGV[i]) then new = new + 1 end end
if limit >= 0 and redis.call("EXISTS", KEYS[3]) == 0 then return {-1, used} end
if limit >= 0 and new > 0 and used + new > limit then return {0, used} end
for i = 4, #ARGV do redis.call("ZADD", KEYS[1], "NX", now, ARGV[i]) end
redis.call("SADD", KEYS[2], namespace)
return {1, used + new}`;

/** KEYS: URLs of a day by record, and their total. A record that was counted is not counted again. */
export const TAKE_URLS = `
local limit, id, count = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local used = tonumber(redis.call("HGET", KEYS[1], "total") or "0")
if redis.call("HEXISTS", KEYS[1], id) == 1 then return {1, used} end
if limit >= 0 and used + count > limit then return {0, used} end
redis.call("HSET", KEYS[1], id, count)
redis.call("HINCRBY", KEYS[1], "total", count)
redis.call("EXPIRE", KEYS[1], ARGV[4])
return {1, used + count}`;

export const GIVE_URLS = `
local count = redis.call("HGET", KEYS[1], ARGV[1])
if count then redis.call("HDEL", KEYS[1], ARGV[1]) redis.call("HINCRBY", KEYS[1], "total", -count) end`;

/**
 * KEYS: a day's milliseconds of training, in all and by record and fence. What a run says is its sum so far, so that saying it twice adds
 * nothing; a run that was overtaken adds nothing any more.
 */
export const NOTE_TRAINING = `
local id, fence, sum = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if fence < tonumber(redis.call("HGET", KEYS[1], id .. ":newest") or "0") then return end
redis.call("HSET", KEYS[1], id .. ":newest", fence)
local before = tonumber(redis.call("HGET", KEYS[1], id .. ":" .. fence) or "0")
if sum <= before then return end
redis.call("HSET", KEYS[1], id .. ":" .. fence, sum)
redis.call("HINCRBY", KEYS[1], "total", sum - before)
redis.call("EXPIRE", KEYS[1], ARGV[4])`;

/** KEYS: what a namespace has stored, as it was measured, and what was uploaded since, or is being uploaded. */
export const HOLD_BYTES = `
local limit, token, bytes = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local fields, used, isMeasured = redis.call("HGETALL", KEYS[1]), 0, false
for i = 1, #fields, 2 do
  local kind = string.match(fields[i], "^%a+")
  if kind == "measured" then isMeasured = true end
  if kind == "measured" or kind == "held" or kind == "kept" then used = used + tonumber(fields[i + 1]) end
end
if limit >= 0 and not isMeasured then return {-1, used} end
if limit >= 0 and used + bytes > limit then return {0, used} end
if bytes > 0 then redis.call("HSET", KEYS[1], "held:" .. token, bytes) end
return {1, used + bytes}`;

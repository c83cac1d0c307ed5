-- Time, counters, events, timers: what every step may need.

local call = redis.call
local clock = call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1e6
local micros = tonumber(clock[1]) * 1e6 + tonumber(clock[2])
local stamp = string.format('%.6f', now)

local function seconds(at) return string.format('%.6f', at) end
local function whole(number) return string.format('%.0f', number) end

-- Counters are gathered and written once: a step moves many by one.
local counted = {}

local function count(scope, field, delta)
  local fields = counted[scope]
  if not fields then
    fields = {}
    counted[scope] = fields
  end
  fields[field] = (fields[field] or 0) + delta
end

local function flush_counts()
  for scope, fields in pairs(counted) do
    for field, delta in pairs(fields) do
      if delta ~= 0 then call('HINCRBY', K.counts(scope), field, delta) end
    end
  end
  counted = {}
end

-- What metrics count: it only grows. Fields are those of store/tally.py.
local function tally(field, by) call('HINCRBY', K.tally(), field, by) end

-- kept_events, kept_history, kept_seconds and kept_audit are written in front, from the settings.

local function event(kind, subject, name, ...)
  call('XADD', K.events(), 'MAXLEN', '~', kept_events, '*',
    'kind', kind, 'subject', subject, 'name', name, 'at', stamp, ...)
end

local function wake()
  if call('LLEN', K.wake()) == 0 then call('LPUSH', K.wake(), '1') end
end

-- Make a member due, never later than it is already. Returns 1 where that changed anything.
local function due(member, at)
  local moved = call('ZADD', K.due(), 'LT', 'CH', seconds(at), member)
  if at <= now then wake() end
  return moved
end

local function undue(member) call('ZREM', K.due(), member) end

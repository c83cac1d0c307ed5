-- Sign the roll of the watchers, and read it.
--
-- ARGV  1 name, '' = only read  2 what it watches (JSON)  3 seconds after which one that did not sign is gone
-- Returns {name, what it watches, …} of those that live.

local now = tonumber(redis.call('TIME')[1])
if ARGV[1] ~= '' then redis.call('HSET', K.watchers(), ARGV[1], now .. ' ' .. ARGV[2]) end
local rows, out = redis.call('HGETALL', K.watchers()), {}
for i = 1, #rows, 2 do
  local at, told = string.match(rows[i + 1], '^(%d+) (.*)$')
  if math.abs(now - tonumber(at)) <= tonumber(ARGV[3]) then
    out[#out + 1] = rows[i]
    out[#out + 1] = told
  else
    redis.call('HDEL', K.watchers(), rows[i])
  end
end
return out

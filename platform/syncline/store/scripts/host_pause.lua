-- Leave a Git host alone for a while: longer each time within ten minutes.
--
-- ARGV  1 host  2 seconds that it asks for itself, 0 or nothing = it does not
-- Returns the seconds.

local FIRST, LONGEST, KEPT = 15, 300, 600

local key = K.host_pause(ARGV[1])
local left = redis.call('TTL', key)
local asked = math.ceil(tonumber(ARGV[2] or '0'))
if left > 0 and left >= asked then return left end -- another worker was told the same
local times = redis.call('INCR', K.host_pauses(ARGV[1]))
redis.call('EXPIRE', K.host_pauses(ARGV[1]), KEPT)
local wait = math.max(math.min(LONGEST, FIRST * 2 ^ (times - 1)), asked)
redis.call('SET', key, '1', 'EX', string.format('%.0f', wait))
return wait

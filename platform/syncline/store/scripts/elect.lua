-- Take or prolong a lease by name.
--
-- ARGV  1 name  2 holder  3 lease, milliseconds
-- Returns the fence, 0 where somebody else holds it.

local holder = redis.call('GET', K.leader(ARGV[1]))
if holder and holder ~= ARGV[2] then return 0 end
redis.call('SET', K.leader(ARGV[1]), ARGV[2], 'PX', ARGV[3])
if not holder then return redis.call('HINCRBY', K.leader_fences(), ARGV[1], 1) end
return tonumber(redis.call('HGET', K.leader_fences(), ARGV[1]) or '1')

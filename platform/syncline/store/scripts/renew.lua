-- needs: base
-- Prolong a lease.
--
-- ARGV  1 target  2 fence  3 lease, seconds  4 cluster  5 the last lines that it logged ('' = none)
-- Returns 1, or 0 where the lease is lost.

local values = call('HMGET', K.target(ARGV[1]), 'phase', 'fence')
if values[1] ~= 'running' or values[2] ~= ARGV[2] then return 0 end
local untill = seconds(now + tonumber(ARGV[3]))
call('ZADD', K.watch(), untill, ARGV[1])
call('ZADD', K.leases(ARGV[4]), untill, ARGV[1])
call('ZADD', K.slots(ARGV[4]), untill, ARGV[1])
call('ZADD', K.unproven(), 'XX', untill, ARGV[1])
if ARGV[5] ~= '' then call('HSET', K.target(ARGV[1]), 'last_log', ARGV[5]) end
return 1

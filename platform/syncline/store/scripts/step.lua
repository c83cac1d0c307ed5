-- Note which step of a run begins, before it does; and tell whether the run is still wanted.
--
-- ARGV  1 target  2 fence  3 progress (JSON)
-- Touches  target; reads operation
--
-- Returns 'LeaseLost', and nothing is noted; 'Newer': a newer wish waits; 'Cancelled': the operation
-- was that asked for it; '' where it goes on.

local call = redis.call
local values = call('HMGET', K.target(ARGV[1]), 'phase', 'fence', 'pending_generation', 'pinned',
  'operation')
if values[1] ~= 'running' or values[2] ~= ARGV[2] then return 'LeaseLost' end
call('HSET', K.target(ARGV[1]), 'progress', ARGV[3])
if values[3] and values[4] ~= '1' then return 'Newer' end
if values[5] and call('HGET', K.operation(values[5]), 'cancelled') == '1' then return 'Cancelled' end
return ''

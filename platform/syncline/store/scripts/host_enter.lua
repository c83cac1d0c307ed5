-- needs: base
-- Take a turn at a Git host.
--
-- ARGV  1 host  2 token  3 turns at once  4 seconds until it ends by itself
-- Returns 0 where it was taken, -1 where there is no room, else the seconds of the host's pause.

local left = call('PTTL', K.host_pause(ARGV[1]))
if left > 0 then return tostring(left / 1000) end
local turns = K.host(ARGV[1])
call('ZREMRANGEBYSCORE', turns, '-inf', stamp)
if call('ZCARD', turns) >= tonumber(ARGV[3]) then return '-1' end
call('ZADD', turns, seconds(now + tonumber(ARGV[4])), ARGV[2])
call('EXPIRE', turns, 3600)
return '0'

-- needs: base
-- Take what is due; each comes up again after a while unless done.
--
-- ARGV  1 limit, at most 200  2 hold, seconds
-- Returns {the new time, members…}.

local held = seconds(now + tonumber(ARGV[2]))
local members = call('ZRANGEBYSCORE', K.due(), '-inf', stamp, 'LIMIT', 0, tonumber(ARGV[1]))
for _, member in ipairs(members) do call('ZADD', K.due(), held, member) end
return { held, unpack(members) }

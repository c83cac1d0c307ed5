-- needs: base
-- Take targets of a cluster whose health is due for another look; each is due again after a while
-- unless its look is folded.
--
-- ARGV  1 cluster  2 limit  3 hold, seconds
-- Touches  checks, due
-- Returns {how many targets the cluster has, target…}.

local uid, hold = ARGV[1], seconds(now + tonumber(ARGV[3]))
local taken = call('ZRANGEBYSCORE', K.checks(uid), '-inf', stamp, 'LIMIT', 0, tonumber(ARGV[2]))
for _, id in ipairs(taken) do call('ZADD', K.checks(uid), hold, id) end
local first = call('ZRANGE', K.checks(uid), 0, 0, 'WITHSCORES')[2]
if first then
  call('ZADD', K.due(), first, 'health:' .. uid)
  if tonumber(first) <= now then wake() end
else
  undue('health:' .. uid)
end
return { call('ZCARD', K.of_cluster(uid)), unpack(taken) }

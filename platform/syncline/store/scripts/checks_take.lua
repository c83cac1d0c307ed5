-- needs: base
-- Take targets of a cluster whose health is due for another look; each is due again after a while
-- unless its look is folded.
--
-- ARGV  1 cluster  2 limit  3 hold, seconds
-- Touches  checks, due
-- Returns {how many targets the cluster has, target…}.
--
-- A time that nothing sets so late is of before a failover set the time back: it has come.

local LATEST = 200 -- seconds: looks come every 2 minutes at least

local uid, hold = ARGV[1], seconds(now + tonumber(ARGV[3]))
for _, id in ipairs(call('ZRANGEBYSCORE', K.checks(uid), seconds(now + LATEST), '+inf',
  'LIMIT', 0, tonumber(ARGV[2]))) do
  call('ZADD', K.checks(uid), stamp, id)
end
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

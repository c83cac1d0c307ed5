-- needs: base target queue operation window wishes source aside document found drop trigger lost
-- Put back what is past its deadline: lost messages, dead workers.
--
-- ARGV  1 limit, at most 50  2 attempts that may be lost
-- Returns the targets.
--
-- Where a failover set the time back, what was to happen by the old time would not for as long: a
-- deadline that nothing sets so late is taken as if it had been set now. Where it set it ahead,
-- leases run out too early: their runs are tried again, and fences refuse what the others say.

local LATEST = 1000 -- seconds: no lease and no wait for a claim is longer
local AGAIN = 60 -- seconds until what has such a deadline is taken as silent: heartbeats come sooner

for _, id in ipairs(call('ZRANGEBYSCORE', K.watch(), seconds(now + LATEST), '+inf',
  'LIMIT', 0, tonumber(ARGV[1]))) do
  call('ZADD', K.watch(), seconds(now + AGAIN), id)
end

local out = {}
for _, id in ipairs(call('ZRANGEBYSCORE', K.watch(), '-inf', stamp, 'LIMIT', 0, tonumber(ARGV[1]))) do
  local t = load(id)
  if not t then
    call('ZREM', K.watch(), id)
  else
    if t.v.phase == 'queued' then
      free_slot(t)
      put(t, 'ticket', '')
      make_ready(t, get(t, 'lane'))
    elseif t.v.phase == 'running' then
      lose(t, tonumber(ARGV[2]), 'WorkerLost', 'worker ' .. get(t, 'worker') .. ' fell silent', 0)
    else
      call('ZREM', K.watch(), id)
    end
    save(t)
    out[#out + 1] = id
  end
end
flush_counts()
return out

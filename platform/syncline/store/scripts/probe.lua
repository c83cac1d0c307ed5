-- needs: base target queue cluster
-- Fold what a probe or a sweep saw of a cluster: its breaker and its identity.
--
-- ARGV  1 cluster  2 reachable (1 or 0)  3 error  4 kube uid  5 version
--       6 failures that open a breaker  7 seconds to the next probe, about
-- Returns opened, closed or ''.

local c = cluster(ARGV[1])
local flipped
if ARGV[2] == '1' then
  flipped = note_answer(c)
  if c.exists then call('HSET', K.record(c.uid), 'checked_at', stamp) end
  bind(c, ARGV[4], ARGV[5])
  undue('probe:' .. c.uid)
else
  undue('probe:' .. c.uid) -- it is held; the next one may be later than that
  flipped = note_failure(c, ARGV[3], tonumber(ARGV[6]), tonumber(ARGV[7]))
end
flush_counts()
return flipped

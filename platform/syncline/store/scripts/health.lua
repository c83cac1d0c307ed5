-- needs: base target queue cluster
-- Fold another look at a target's health.
--
-- ARGV  1 target  2 fence of the run it looked after  3 health  4 reason  5 message
--       6 check again after ('' = no)  7 reachable (1 or 0)  8 failures that open a breaker
--       9 seconds to the next probe  10… object, the resourceVersion that was judged, in pairs
-- Returns {1 if folded, 0 if a newer run has made it void; opened, closed or ''}.

local t = load(ARGV[1])
if not t or t.v.fence ~= ARGV[2] or t.v.phase == 'running' then return { 0, '' } end
local c = cluster(t.cluster)
local flipped
if ARGV[7] == '1' then
  flipped = note_answer(c)
  local sync, _, reason, message = seen(t)
  -- A run that went well has nothing more to say; what a failed one says stays.
  if sync == 'Synced' then
    reason, message = ARGV[4] == '' and 'Succeeded' or ARGV[4], ARGV[5]
  end
  show(t, c, sync, ARGV[3], reason, message)
  tell(t)
else
  flipped = note_failure(c, ARGV[5], tonumber(ARGV[8]), tonumber(ARGV[9]))
end
for i = 10, #ARGV, 2 do
  local row = call('HGET', K.inventory(t.id), ARGV[i])
  if row then
    local entry = cjson.decode(row)
    entry.resource_version = ARGV[i + 1]
    call('HSET', K.inventory(t.id), ARGV[i], cjson.encode(entry))
  end
end
if ARGV[6] ~= '' then
  call('ZADD', K.due(), seconds(now + tonumber(ARGV[6])), 'health:' .. t.id)
else
  undue('health:' .. t.id)
end
save(t)
flush_counts()
return { 1, flipped }

-- needs: base target queue cluster
-- Fold another look at the health of a cluster's targets.
--
-- ARGV  1 cluster  2 reachable (1 or 0)  3 error  4 failures that open a breaker
--       5 seconds to the next probe  6… for each target, JSON: target, fence of the run that was
--       looked after, health, reason, message, again (seconds to another look, or absent), entries
--       (object → its packed entry, of those that changed)
-- Touches  target, inventory, checks, due, counts, indexes, events, the cluster's record
-- Returns {how many were folded: a newer run makes a look void; opened, closed or ''}.

local c = cluster(ARGV[1])
if ARGV[2] ~= '1' then
  local flipped = note_failure(c, ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]))
  flush_counts()
  return { 0, flipped }
end

-- A run that went well has nothing more to say; what a failed one says stays, and why one waits.
local function words(t, sync, reason, message, look)
  if sync ~= 'Synced' or t.v.held then return reason, message end
  return look.reason == '' and 'Succeeded' or look.reason, look.message
end

local function fold(look)
  local t = load(look.target)
  if not t or t.v.fence ~= look.fence or t.v.phase == 'running' then return 0 end
  local sync, health, reason, message = seen(t)
  local told, why = words(t, sync, reason, message, look)
  if health ~= look.health or reason ~= told or message ~= why then
    show(t, c, sync, look.health, told, why)
    tell(t)
  end
  for object, entry in pairs(look.entries) do
    if call('HEXISTS', K.inventory(t.id), object) == 1 then
      call('HSET', K.inventory(t.id), object, entry)
    end
  end
  if look.again then check_at(t, now + look.again) else check_no_more(t) end
  save(t)
  return 1
end

local flipped, folded = note_answer(c), 0
for i = 6, #ARGV do folded = folded + fold(cjson.decode(ARGV[i])) end
flush_counts()
return { folded, flipped }

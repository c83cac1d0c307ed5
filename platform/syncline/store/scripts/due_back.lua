-- needs: base
-- Where Redis's time went back (a failover to a server whose clock is behind), move what is due back
-- with it: else all of it would be late by as much.
--
-- ARGV  1 members to move, at most 200  2 seconds: less is no going back
-- Touches  clock, due, due_before
-- Returns {how many moved, how many are left, by how many seconds}, all 0 where it did not go back.
--
-- All of the set is put aside in one step and moved from there. So what is set by the new time
-- meanwhile is left alone, and each member is moved once, whoever crashes and whoever helps. The
-- latest time that was seen is as old as the failover took: members stay late by that, not early.

local function went_back()
  local at = tonumber(call('HGET', K.clock(), 'at') or '') or 0
  if now > at + 0.5 then call('HSET', K.clock(), 'at', stamp) end
  if at - now <= tonumber(ARGV[2]) then return false end
  call('HSET', K.clock(), 'at', stamp, 'back', seconds(at - now))
  if call('EXISTS', K.due()) == 0 then return false end
  call('RENAME', K.due(), K.due_before())
  return true
end

-- What is put aside has its own time: it is all moved before another jump is looked for.
if call('EXISTS', K.due_before()) == 0 and not went_back() then return { 0, 0, '0' } end
local back = call('HGET', K.clock(), 'back')
local rows = call('ZPOPMIN', K.due_before(), tonumber(ARGV[1]))
for i = 1, #rows, 2 do
  local at = math.max(now, tonumber(rows[i + 1]) - tonumber(back))
  call('ZADD', K.due(), 'LT', seconds(at), rows[i])
end
return { #rows / 2, call('ZCARD', K.due_before()), back }

-- Whose objects these are, and what was recorded of them: for watches, which decide nothing.
--
-- ARGV  1 cluster  2… objects (at most 50)
-- Returns {target, phase, entry (packed), …}: for each object three, all '' where it is nobody's, or
-- its target is being removed.

local flat = {}
for i = 2, #ARGV do
  local id = redis.call('HGET', K.owners(ARGV[1]), ARGV[i])
  local state = id and redis.call('HMGET', K.target(id), 'phase', 'deleting')
  local entry = state and state[1] and not state[2]
    and redis.call('HGET', K.inventory(id), ARGV[i])
  flat[#flat + 1] = entry and id or ''
  flat[#flat + 1] = entry and state[1] or ''
  flat[#flat + 1] = entry or ''
end
return flat

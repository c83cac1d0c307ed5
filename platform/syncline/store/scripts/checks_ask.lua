-- needs: base target
-- Have the health of objects of a target looked at at once: they changed.
--
-- ARGV  1 target  2… objects
-- Touches  inventory, checks, due
-- Returns 1, 0 where the target is gone.

local t = load(ARGV[1])
if not t then return 0 end
for i = 2, #ARGV do
  local text = call('HGET', K.inventory(t.id), ARGV[i])
  if text then
    -- Its health stands last.
    call('HSET', K.inventory(t.id), ARGV[i], (string.gsub(text, '[^\31]*$', '')))
  end
end
check_at(t, now)
return 1

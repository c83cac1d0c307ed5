-- needs: base target
-- Note that the applications of these targets have checks, and have them looked at.
--
-- ARGV  1… targets (at most 50)
-- Touches  target, checks, due
-- Returns how many will be looked at now: of the others a run will tell.

local looked = 0
for _, id in ipairs(ARGV) do
  local t = load(id)
  if t and not t.v.deleting then
    put(t, 'has_checks', '1')
    save(t)
    if t.v.fence and t.v.phase ~= 'running' then
      check_at(t, now)
      looked = looked + 1
    end
  end
end
return looked

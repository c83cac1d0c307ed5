-- needs: base target queue
-- Which clusters are not to be looked at now: those that are away, which are probed anyway, and those
-- that must answer once more, which are probed for it.
--
-- ARGV  1… clusters, at most 50
-- Touches  due; reads record, trouble
-- Returns {cluster, away or doubtful, …} of those.

local found = {}
for _, uid in ipairs(ARGV) do
  local c = cluster(uid)
  if c.open == '1' then
    found[#found + 1] = uid
    found[#found + 1] = 'away'
  elseif c.exists and must_answer(c) then
    have_probed(c)
    found[#found + 1] = uid
    found[#found + 1] = 'doubtful'
  end
end
return found

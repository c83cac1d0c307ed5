-- needs: base target queue
-- Which clusters must answer once more before they are looked at; those are probed. Those that are
-- away are probed anyway.
--
-- ARGV  1… clusters, at most 50
-- Touches  due; reads record, trouble
-- Returns those.

local found = {}
for _, uid in ipairs(ARGV) do
  local c = cluster(uid)
  if c.exists and c.open ~= '1' and must_answer(c) then
    have_probed(c)
    found[#found + 1] = uid
  end
end
return found

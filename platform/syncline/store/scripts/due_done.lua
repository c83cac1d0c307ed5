-- needs: base
-- Remove taken members or set their next times, unless somebody made them due again since.
--
-- ARGV  1… member, the time that the taking set, its next time ('' = none) in triples (at most 50)
-- Returns how many were not made due again.

local changed = 0
for i = 1, #ARGV, 3 do
  local member, held, at = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local score = call('ZSCORE', K.due(), member)
  if score and math.abs(tonumber(score) - tonumber(held)) <= 1e-6 then
    if at == '' then undue(member) else call('ZADD', K.due(), at, member) end
    changed = changed + 1
  end
end
return changed

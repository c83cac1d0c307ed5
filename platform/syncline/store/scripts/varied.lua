-- needs: base target queue operation window wishes source aside document found drop trigger moved
-- Targets whose variables are read from what has changed: those that are automated are triggered,
-- others OutOfSync.
--
-- ARGV  1… target, why in pairs (at most 50)
-- Returns how many were triggered.

local triggered = 0
for i = 1, #ARGV, 2 do
  triggered = triggered + act_or_show(ARGV[i], is_automated, { kind = 'spec', lane = 'push',
    why = ARGV[i + 1], reason = 'VariablesChanged', message = ARGV[i + 1] .. ': sync it',
    other = true })
end
flush_counts()
return triggered

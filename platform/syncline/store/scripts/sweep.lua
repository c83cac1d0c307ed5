-- needs: base target queue operation window wishes source aside document found drop trigger moved
-- Targets whose live objects moved: those that heal themselves are triggered, others OutOfSync. A
-- run takes the newest revision along, so that nothing heals itself where a person decides on that.
--
-- ARGV  1 message prefix  2… target, moved objects in pairs (at most 50)
-- Returns how many were triggered.

local function heals(t)
  return call('HGET', K.record(t.application), 'self_heal') == '1' and is_automated(t)
end

local triggered = 0
for i = 2, #ARGV, 2 do
  triggered = triggered + act_or_show(ARGV[i], heals, { kind = 'drift', lane = 'drift',
    why = ARGV[i + 1], reason = 'Drifted', message = ARGV[1] .. ARGV[i + 1] .. ': sync it' })
end
flush_counts()
return triggered

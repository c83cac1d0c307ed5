-- needs: base target queue operation window wishes source aside document found drop trigger
-- Targets whose live objects moved: those that heal themselves are triggered, others OutOfSync. A
-- run takes the newest revision along, so that nothing heals itself where a person decides on that.
--
-- ARGV  1 message prefix  2… target, moved objects in pairs (at most 50)
-- Returns how many were triggered.

local triggered = 0
for i = 2, #ARGV, 2 do
  local t = load(ARGV[i])
  if t and not t.v.deleting then
    if call('HGET', K.record(t.application), 'self_heal') == '1' and is_automated(t) then
      local generation = want(t, { kind = 'drift', lane = 'drift', flags = '----', operation = '',
        revision = '', trigger = '{"kind":"drift","reason":' .. cjson.encode(ARGV[i + 1]) .. '}' })
      if generation > 0 then triggered = triggered + 1 end
    elseif t.v.phase == 'idle' then
      local _, health = seen(t)
      show(t, cluster(t.cluster), 'OutOfSync', health, 'Drifted',
        ARGV[1] .. ARGV[i + 1] .. ': sync it')
      tell(t)
    end
    finish(t)
  end
end
flush_counts()
return triggered

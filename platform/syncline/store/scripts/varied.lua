-- needs: base target queue operation window wishes aside source document found drop trigger
-- Targets whose variables are read from what has changed: those that are automated are triggered,
-- others OutOfSync.
--
-- ARGV  1… target, why in pairs (at most 50)
-- Returns how many were triggered.

local triggered = 0
for i = 1, #ARGV, 2 do
  local t = load(ARGV[i])
  if t and not t.v.deleting then
    if is_automated(t) then
      local generation = want(t, { kind = 'spec', lane = 'push', flags = '----', operation = '',
        revision = '', trigger = '{"kind":"spec","reason":' .. cjson.encode(ARGV[i + 1]) .. '}' })
      if generation > 0 then triggered = triggered + 1 end
    elseif t.v.phase == 'idle' then
      local _, health = seen(t)
      show(t, cluster(t.cluster), 'OutOfSync', health, 'VariablesChanged',
        ARGV[i + 1] .. ': sync it')
      tell(t)
    end
    finish(t)
  end
end
flush_counts()
return triggered

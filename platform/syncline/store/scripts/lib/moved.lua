-- Targets that are found to be otherwise than they should: those that may act by themselves are
-- triggered, others OutOfSync.
-- Needs base target queue operation window wishes source aside document found drop trigger.

-- may_act: whether it may, of a loaded target; found: kind, lane, why, reason, message, other (it
-- would run on something else than what it may have been set aside for).
-- Returns 1 where it was triggered, else 0.
local function act_or_show(id, may_act, found)
  local t, generation = load(id), 0
  if not t or t.v.deleting then return 0 end
  if found.other and t.v.aside then back_again(t) end
  if may_act(t) then
    generation = want(t, { kind = found.kind, lane = found.lane, flags = '----', operation = '',
      revision = '', trigger = '{"kind":"' .. found.kind .. '","reason":' .. cjson.encode(found.why)
        .. '}' })
  elseif t.v.phase == 'idle' then
    local _, health = seen(t)
    show(t, cluster(t.cluster), 'OutOfSync', health, found.reason, found.message)
    tell(t)
  end
  finish(t)
  return generation > 0 and 1 or 0
end

-- Answers about a repository may come out of order: one that was asked for earlier than what is
-- known says nothing new.
-- Needs base.

-- known, began: store times or ''. What lies ahead of us was written before a failover set the time
-- back, and is no reason to be deaf.
local function is_late(known, began)
  local last = tonumber(known or '')
  return began ~= '' and last ~= nil and last <= now and tonumber(began) < last
end

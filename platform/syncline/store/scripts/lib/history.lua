-- Which runs of a target are kept: so many, and for so long; its last two however old they are.
-- Needs base target source.

local function trim_history(t)
  local key, oldest = K.history(t.id), nil
  local left = call('LLEN', key)
  while left > 2 or left > kept_history do
    oldest = call('LINDEX', key, -1)
    local at = tonumber(string.match(oldest, '^%d* (%S+)'))
    if left <= kept_history and at > now - kept_seconds then return end
    call('RPOP', key)
    let_spec(t.application, string.match(oldest, '^%d*'))
    left = left - 1
  end
end

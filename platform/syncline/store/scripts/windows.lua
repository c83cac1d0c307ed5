-- needs: base target queue operation window wishes
-- File targets under the set of sync windows that they have, and let its state decide of their wishes.
--
-- ARGV  1 set ('' = none)  2 its windows (JSON)  3 when it is looked at again ('' = never)
--       4… auto from, until, why, manual from, until, why ('' = not)  10… targets, at most 50
-- Touches  target, window, window held, window sets, held, ready…, members, due, counts
-- Returns how many were filed elsewhere before.

local uid, moved = ARGV[1], 0

local function enter(t)
  put(t, 'windows', uid)
  if call('HINCRBY', K.window(uid), 'targets', 1) > 1 then return end
  call('SADD', K.window_sets(), uid)
  call('HSET', K.window(uid), 'windows', ARGV[2])
  for i, field in ipairs(CLOSINGS) do call('HSET', K.window(uid), field, ARGV[3 + i]) end
  if ARGV[3] ~= '' then due('window:' .. uid, tonumber(ARGV[3])) end
  window_sets[uid] = nil
end

for i = 10, #ARGV do
  local known = call('HMGET', K.target(ARGV[i]), 'name', 'windows')
  if known[1] and (known[2] or '') ~= uid then
    local t = load(ARGV[i])
    leave_windows(t)
    if uid ~= '' then enter(t) end
    if (t.v.phase == 'ready' or t.v.phase == 'idle') and t.v.retry_at == nil then settle(t) end
    save(t)
    moved = moved + 1
  end
end
flush_counts()
return moved

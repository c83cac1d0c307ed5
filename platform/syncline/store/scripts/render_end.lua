-- needs: base
-- Give the turn to render back, and have those who wait go on: at most 50 in one step.
--
-- ARGV  1 work  2 token  3 note for whoever asks next ('' = none)  4 its lifetime, seconds
-- Touches  rendering, render_waiters, due
-- Returns how many wait still: call it again.

local turn, waiters = K.rendering(ARGV[1]), K.render_waiters(ARGV[1])
if call('HGET', turn, 'token') == ARGV[2] then
  call('DEL', turn)
  if ARGV[3] ~= '' then
    call('HSET', turn, 'note', ARGV[3])
    call('EXPIRE', turn, tonumber(ARGV[4]))
  end
end
for _, id in ipairs(call('SPOP', waiters, 50)) do
  -- Who is not backing off any more goes on already.
  if call('ZADD', K.due(), 'XX', 'LT', 'CH', stamp, 'retry:' .. id) == 1 then wake() end
end
return call('SCARD', waiters)

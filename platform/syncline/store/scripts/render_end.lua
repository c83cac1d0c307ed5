-- needs: base bounded
-- Keep what was rendered, give the turn back, and have those who wait go on: at most 50 in one step.
--
-- ARGV  1 work  2 token  3 note for whoever asks next ('' = none)  4 seconds that it, or that there is
--       a result, is told  5 most bytes of all entries  6 lifetime of an entry, seconds
--       7… name, sealed bytes
-- Touches  rendered, rendered_by, rendered_sizes, rendering, render_waiters, due
-- Returns how many wait still: call it again.

for i = 7, #ARGV, 2 do
  keep_bounded(K.rendered, K.rendered_by(), K.rendered_sizes(), ARGV[i], ARGV[i + 1],
    tonumber(ARGV[5]), tonumber(ARGV[6]))
end

local turn, waiters = K.rendering(ARGV[1]), K.render_waiters(ARGV[1])
if call('HGET', turn, 'token') == ARGV[2] then
  call('DEL', turn)
  if ARGV[3] ~= '' then call('HSET', turn, 'note', ARGV[3]) end
  if ARGV[3] == '' and #ARGV > 6 then call('HSET', turn, 'done', '1') end
  call('EXPIRE', turn, tonumber(ARGV[4]))
end
for _, id in ipairs(call('SPOP', waiters, 50)) do
  -- Who is not backing off any more goes on already.
  if call('ZADD', K.due(), 'XX', 'LT', 'CH', stamp, 'retry:' .. id) == 1 then wake() end
end
return call('SCARD', waiters)

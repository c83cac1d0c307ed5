-- needs: base target queue operation window wishes
-- Note when a set of sync windows is closed next, and let go, chunk by chunk, whom it holds no more.
--
-- ARGV  1 set  2 limit, at most 50  3… auto from, until, why, manual from, until, why ('' = not)
-- Touches  window, window held, held, target, ready…, members, counts
-- Returns 1 when all are done, else 0.

local uid, limit = ARGV[1], tonumber(ARGV[2])
if call('EXISTS', K.window(uid)) == 0 then return 1 end
for i, field in ipairs(CLOSINGS) do call('HSET', K.window(uid), field, ARGV[2 + i]) end
local from = call('HGET', K.window(uid), 'cursor')
local rows = call('ZRANGEBYLEX', K.window_held(uid), from and '(' .. from or '-', '+', 'LIMIT', 0, limit)
for _, row in ipairs(rows) do
  local t = load(string.match(row, '[^%z]*$'))
  settle(t)
  save(t)
end
flush_counts()
if #rows < limit then
  call('HDEL', K.window(uid), 'cursor')
  return 1
end
call('HSET', K.window(uid), 'cursor', rows[#rows])
return 0

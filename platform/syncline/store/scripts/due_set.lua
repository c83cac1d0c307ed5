-- needs: base
-- Make a member due: at a time, or now; never later than it is already, unless told.
--
-- ARGV  1 member  2 at, '' = now  3 earlier only (1 or '')

local at = ARGV[2] == '' and now or tonumber(ARGV[2])
if ARGV[3] == '1' then
  due(ARGV[1], at)
else
  call('ZADD', K.due(), seconds(at), ARGV[1])
  if at <= now then wake() end
end
return 1

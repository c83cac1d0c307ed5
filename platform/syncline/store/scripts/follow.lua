-- needs: base document
-- Have a revision looked up for somebody, or no longer.
--
-- ARGV  1 repository  2 revision  3 who  4 follow (1) or not ('')

local name = call('HGET', K.record(ARGV[1]), 'label')
if not name then return 0 end
if ARGV[4] ~= '1' then
  unfollow(name, ARGV[2], ARGV[3])
  return 1
end
call('SADD', K.followers(name, ARGV[2]), ARGV[3])
call('HSETNX', K.seen(name), ARGV[2], '')
if call('HSETNX', K.heads(name), ARGV[2], '') == 1 then due('lookup:' .. ARGV[1], now) end
return 1

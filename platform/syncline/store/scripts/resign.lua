-- Give a lease back, if it is ours.
--
-- ARGV  1 name  2 holder

if redis.call('GET', K.leader(ARGV[1])) == ARGV[2] then
  return redis.call('DEL', K.leader(ARGV[1]))
end
return 0

-- Note that all targets were told of a head, unless it has moved on meanwhile.
--
-- ARGV  1 repository name  2 revision as written  3 commit
-- Returns 1 if noted, else 0.

if redis.call('HGET', K.heads(ARGV[1]), ARGV[2]) ~= ARGV[3] then return 0 end
redis.call('HSET', K.seen(ARGV[1]), ARGV[2], ARGV[3])
return 1

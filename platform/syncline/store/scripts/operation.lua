-- needs: base
-- Record an operation, unless its key was used before.
--
-- ARGV  1 uid  2 spec (JSON)  3 trigger (JSON)  4 flags  5 revision  6 dry (1 or '')
--       7 concurrency  8 idempotency key's digest ('' = none)  9 digest of the spec
--       10 rollback, unpin or ''  11 a rollback ends with a newer commit (1 or '')
-- Returns {uid, digest of that uid's spec, 1 if it is new}.

local uid, key = ARGV[1], ARGV[8]
if key ~= '' then
  local known = call('GET', K.idempotency(key))
  if known then
    local first, digest = string.match(known, '^(%S+) (%S+)$')
    return { first, digest, 0 }
  end
  call('SET', K.idempotency(key), uid .. ' ' .. ARGV[9], 'EX', 86400)
end
call('HSET', K.operation(uid), 'spec', ARGV[2], 'trigger', ARGV[3], 'flags', ARGV[4],
  'revision', ARGV[5], 'dry', ARGV[6], 'concurrency', ARGV[7], 'state', 'Pending',
  'created_at', stamp)
if (ARGV[10] or '') ~= '' then call('HSET', K.operation(uid), 'verb', ARGV[10], 'newer', ARGV[11]) end
call('ZADD', K.operations(), stamp, uid)
due('operation:' .. uid, now)
event('operation', uid, uid, 'state', 'Pending')
return { uid, ARGV[9], 1 }

-- needs: base
-- Add targets to an operation as held members.
--
-- ARGV  1 operation  2… target, name in pairs (at most 50)
-- Returns how many are new.

local uid, new = ARGV[1], 0
if call('HGET', K.operation(uid), 'finished_at') or call('HGET', K.operation(uid), 'cancelled') then
  return 0
end
for i = 2, #ARGV, 2 do
  if call('HSETNX', K.members(uid), ARGV[i], 'pending\31\31\31') == 1 then
    local row = ARGV[i + 1] .. '\0' .. ARGV[i]
    for _, state in ipairs({ 'pending', 'held', 'all' }) do
      call('ZADD', K.members_by(uid, state), 0, row)
    end
    new = new + 1
  end
end
return new

-- needs: base operation
-- Note that an operation's selection is complete.
--
-- ARGV  1 operation  2 error ('' = none)

local uid = ARGV[1]
if call('EXISTS', K.operation(uid)) == 0 then return 0 end
call('HSET', K.operation(uid), 'expanded', '1')
if ARGV[2] ~= '' then call('HSET', K.operation(uid), 'error', ARGV[2]) end
if call('HGET', K.operation(uid), 'state') == 'Pending' then
  call('HSET', K.operation(uid), 'state', 'Running')
  event('operation', uid, uid, 'state', 'Running')
end
finish_operation(uid)
return 1

-- needs: base document
-- Leave a tombstone; a record that nothing depends on is removed at once.
--
-- ARGV  1 uid  2 orphan (1 or '')  3 only if nothing depends on it (1 or '')
-- Returns gone, removed, marked, or used (nothing done).

local uid = ARGV[1]
local values = call('HMGET', K.record(uid), 'kind', 'label')
if not values[1] then return 'gone' end
local dependants = ({ Application = K.of_application(uid), Cluster = K.of_cluster(uid),
  Repository = K.users(values[2]) })[values[1]]
if not dependants or call('EXISTS', dependants) == 0 then
  remove_record(uid)
  return 'removed'
end
if ARGV[3] == '1' then return 'used' end
call('HSET', K.record(uid), 'deleting', '1', 'orphan', ARGV[2])
event(string.lower(values[1]), uid, values[2], 'state', 'deleting')
return 'marked'

-- needs: base
-- Keep what a survey found of one application on a cluster, for the first run of its target.
--
-- ARGV  1 cluster  2 application's name  3 label of its objects  4… object, entry (JSON) in pairs
-- Touches  found, found-on
--
-- Returns how many objects were kept: 0 where the cluster was surveyed before, or its target
-- knows its objects already.

local uid, name = ARGV[1], ARGV[2]
local record = call('HMGET', K.record(uid), 'uid', 'surveyed')
if not record[1] or record[2] then return 0 end
local application = call('HGET', K.names('Application'), name)
if application then
  local target = call('HMGET', K.target(application .. '.' .. uid), 'name', 'unadopted')
  if target[1] and not target[2] then return 0 end
end
for i = 4, #ARGV, 2 do call('HSET', K.found(uid, name), ARGV[i], ARGV[i + 1]) end
call('HSET', K.found_on(uid), name, ARGV[3])
return (#ARGV - 3) / 2

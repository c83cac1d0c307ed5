-- needs: base target queue operation window wishes source
-- Make the target of an application and a cluster, or take back one that is being removed.
--
-- ARGV  1 target  2 its name  3 the lane of its own, "plugin"; or ""
-- Returns 1 where it was made or taken back, else 0.

local id = ARGV[1]
local t = load(id)
local dot = string.find(id, '.', 1, true)
local application_uid, uid = string.sub(id, 1, dot - 1), string.sub(id, dot + 1)
local application = call('HMGET', K.record(application_uid),
  'name', 'project', 'repository_name', 'revision', 'deleting', 'automated', 'others')
local c = cluster(uid)
if not application[1] or application[5] or not c.exists or c.deleting ~= '' then return 0 end

if t then
  if ARGV[3] ~= '' then put(t, 'heavy', ARGV[3]) end
  local revived = t.v.deleting
  if revived then
    put(t, 'deleting', '')
    set_pending(t, nil)
    if t.v.phase ~= 'running' then
      free_slot(t)
      settle(t)
    end
  end
  file_anew(t, application[3], application[4], application[7])
  save(t)
  flush_counts()
  return revived and 1 or 0
end

t = { id = id, v = {}, w = {}, application = application_uid, cluster = uid }
put(t, 'name', ARGV[2])
put(t, 'application', application[1])
put(t, 'project', application[2])
put(t, 'cluster', c.name)
put(t, 'created_at', stamp)
put(t, 'unadopted', '1') -- until its first run has taken over what is there by its marks
put(t, 'heavy', ARGV[3])
put(t, 'want', '0')
put(t, 'done', '0')
local row = member(t)
for _, key in ipairs({ K.all(), K.of_application(t.application), K.of_cluster(uid),
  K.of_project(application[2]) }) do
  call('ZADD', key, 0, row)
end
count_target(t, 'targets', 1)
set_phase(t, 'idle')
if application[6] == '1' then
  show(t, c, 'Unknown', 'Unknown', '', '')
else
  show(t, c, 'OutOfSync', 'Unknown', 'NeverSynced', 'its policy is not automated: sync it')
end
file_anew(t, application[3], application[4], application[7])
tell(t)
save(t)
flush_counts()
return 1

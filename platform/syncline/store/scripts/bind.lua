-- needs: base target queue cluster
-- Bind a cluster to its identity, or accept a new one.
--
-- ARGV  1 cluster  2 kube uid; '' forgets the one bound, so that the next probe binds anew
-- Returns '' or why not ("Reason: …").

local c = cluster(ARGV[1])
if not c.exists then return '' end
if ARGV[2] == '' then
  local bound = call('HGET', K.record(c.uid), 'kube_uid')
  if bound then
    if call('HGET', K.kube_uids(), bound) == c.uid then call('HDEL', K.kube_uids(), bound) end
    call('HDEL', K.record(c.uid), 'kube_uid', 'surveyed')
  end
  due('probe:' .. c.uid, now)
  return ''
end
local why = bind(c, ARGV[2], '')
flush_counts()
return why

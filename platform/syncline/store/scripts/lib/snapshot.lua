-- All that a run needs, read in one step.
-- Needs base.

local RECORD_FIELDS = { 'uid', 'name', 'project', 'document', 'digest', 'declared_in', 'generation',
  'created_at', 'deleting', 'orphan', 'repository_name', 'kube_uid', 'version', 'revision' }

local function record_of(uid)
  local values = call('HMGET', K.record(uid), unpack(RECORD_FIELDS))
  return values[1] and values or nil
end

-- Returns application, cluster, repository (fields or false), its uid, head, kubeconfig.
local function surroundings(t, application, revision)
  local repository = call('HGET', K.names('Repository'), application[11])
  return record_of(t.cluster) or false, repository and record_of(repository) or false,
    repository or '', call('HGET', K.heads(application[11]), revision) or '',
    call('GET', K.kubeconfig(t.cluster)) or ''
end

-- All that a run needs, read in one step.
-- Needs base target found.

local RECORD_FIELDS = { 'uid', 'name', 'project', 'document', 'digest', 'declared_in', 'generation',
  'created_at', 'deleting', 'orphan', 'repository_name', 'kube_uid', 'version', 'revision', 'others',
  'template' }

local function record_of(uid)
  local values = call('HMGET', K.record(uid), unpack(RECORD_FIELDS))
  return values[1] and values or nil
end

-- Returns cluster, repository of that name (fields or false), its uid, head, kubeconfig.
local function surroundings(t, name, revision)
  local repository = call('HGET', K.names('Repository'), name)
  return record_of(t.cluster) or false, repository and record_of(repository) or false,
    repository or '', call('HGET', K.heads(name), revision) or '',
    call('GET', K.kubeconfig(t.cluster)) or ''
end

-- Of each pair of repository and revision: both, its head, and the repository (fields or false).
local function others_of(pairs)
  local found = {}
  for i, each in ipairs(pairs) do
    local repository = call('HGET', K.names('Repository'), each[1])
    found[i] = { each[1], each[2], call('HGET', K.heads(each[1]), each[2]) or '',
      repository and record_of(repository) or false }
  end
  return found
end

-- The installation's id; a store that was emptied under its roles gets the same one again.
local function installation(given)
  if given ~= '' then call('SET', K.installation(), given, 'NX') end
  return call('GET', K.installation()) or ''
end

-- What its cluster's survey could not list ('' = nothing to adopt, '?' = no survey), what it found.
local function adopting(t)
  if not t.v.unadopted then return '', {} end
  local surveyed = call('HGET', K.record(t.cluster), 'surveyed')
  if not surveyed then return '?', {} end
  return surveyed, found_of(t.application, t.cluster)
end

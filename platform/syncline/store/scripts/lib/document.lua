-- A registered document: its removal, and that of what waited for it.
-- Needs base.

local function unfollow(repository, revision, who)
  call('SREM', K.followers(repository, revision), who)
  if call('EXISTS', K.followers(repository, revision)) == 0 then
    call('HDEL', K.heads(repository), revision)
    call('HDEL', K.seen(repository), revision)
    call('HDEL', K.lookup_errors(repository), revision)
    call('HDEL', K.looked(repository), revision)
  end
end

-- All that an application follows: {repository, revision}, its first source's and those of `others`.
local followed = {}

function followed.by(fields)
  if not fields.repository_name then return {} end
  local list = fields.others and cjson.decode(fields.others) or {}
  table.insert(list, 1, { fields.repository_name, fields.revision })
  return list
end

-- Whether such a list has a pair; of a repository alone, whether it has any of it.
function followed.has(list, repository, revision)
  for _, each in ipairs(list) do
    if each[1] == repository and (not revision or each[2] == revision) then return true end
  end
  return false
end

-- What follows where documents of a kind changed; one table, since a script has 200 locals at most.
local changed = {}

-- All targets are filed anew under the sync windows that they have; the walk begins again.
function changed.windows()
  call('HINCRBY', K.windows(), 'version', 1)
  due('windows:all', now)
end

-- Repositories are given the templates that they are to have now by whoever changed one, and once
-- more should that have died. The version is never one that was there before.
function changed.templates()
  local version = tonumber(call('HGET', K.templates(), 'version') or '0')
  call('HSET', K.templates(), 'version', whole(math.max(version + 1, micros)))
  due('templates:all', now + 5)
end

-- How many applications depend on each of these, by their full names; those have their targets filed
-- anew. What nobody depends on, and nobody registers, is forgotten.
local function count_children(parents, by)
  for label in string.gmatch(parents or '', '%S+') do
    local left = call('HINCRBY', K.parents(), 'children:' .. label, by)
    local uid = call('HGET', K.names('Application'), label)
    if uid then
      due('expand:' .. uid, now)
    elseif left == 0 then
      call('HDEL', K.parents(), 'children:' .. label, 'told:' .. label)
    end
  end
end

local remove_record

local function leave_repository(uid, name, row)
  call('ZREM', K.users(name), row)
  if call('EXISTS', K.users(name)) == 1 then return end
  local repository = call('HGET', K.names('Repository'), name)
  if repository and call('HGET', K.record(repository), 'deleting') == '1' then
    remove_record(repository)
  end
end

remove_record = function(uid)
  local values = call('HMGET', K.record(uid),
    'kind', 'name', 'project', 'repository_name', 'revision', 'kube_uid', 'label', 'parents', 'others')
  local kind, name = values[1], values[7]
  if not kind then return end
  local row = name .. '\0' .. uid
  call('HDEL', K.names(kind), name)
  call('ZREM', K.records(kind), row)
  call('DEL', K.record(uid))
  if kind == 'Application' then
    call('ZREM', K.project_records(values[3]), row)
    local fields = { repository_name = values[4], revision = values[5], others = values[9] }
    for _, each in ipairs(followed.by(fields)) do
      unfollow(each[1], each[2], uid)
      leave_repository(uid, each[1], row)
    end
    count_children(values[8], -1)
    if call('HGET', K.parents(), 'children:' .. name) == '0' then
      call('HDEL', K.parents(), 'children:' .. name, 'told:' .. name)
    end
    call('DEL', K.specs(uid), K.spec_uses(uid), K.counts(uid), K.of_application(uid))
  elseif kind == 'Cluster' then
    if values[6] and call('HGET', K.kube_uids(), values[6]) == uid then
      call('HDEL', K.kube_uids(), values[6])
    end
    for _, found in ipairs(call('HKEYS', K.found_on(uid))) do call('DEL', K.found(uid, found)) end
    call('DEL', K.kubeconfig(uid), K.owners(uid), K.counts(uid), K.of_cluster(uid), K.groups(uid),
      K.slots(uid), K.leases(uid), K.found_on(uid))
    call('SREM', K.unproven_wait(), uid)
    call('HDEL', K.health_judged(), uid)
    call('HDEL', K.parents(), 'told:@' .. uid)
    for _, word in ipairs({ 'probe:', 'sweep:', 'mark:' }) do undue(word .. uid) end
  elseif kind == 'SyncWindow' then
    changed.windows()
  elseif kind == 'CredentialTemplate' then
    changed.templates()
  else
    call('DEL', K.heads(name), K.seen(name), K.lookup_errors(name), K.looked(name))
    undue('lookup:' .. uid)
    undue('follow:' .. uid)
  end
  undue('expand:' .. uid)
  event(string.lower(kind), uid, name, 'state', 'gone')
end

-- The tombstones that waited for their last target.
local function remove_if_last(application, cluster_uid)
  if call('EXISTS', K.of_application(application)) == 0
    and call('HGET', K.record(application), 'deleting') == '1' then
    remove_record(application)
  end
  if call('EXISTS', K.of_cluster(cluster_uid)) == 0
    and call('HGET', K.record(cluster_uid), 'deleting') == '1' then
    remove_record(cluster_uid)
  end
end

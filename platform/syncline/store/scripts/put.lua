-- needs: base target queue cluster document
-- Register or change a document.
--
-- ARGV  1 kind  2 uid to use if it is new  3 label (its name in lists)  4 name  5 document (JSON)
--       6 digest of all of it  7 digest of what a run depends on  8 declared in  9 kubeconfig, sealed
--       10… field, value in pairs: what scripts need of the spec
-- Touches  record, names, records…, users, followers, heads, kubeconfig, rings of a cluster, parents,
--          due
--
-- Returns {Conflict, text}, {retry, uid} where the kubeconfig was sealed for another uid or the
-- credential templates changed, or
-- {created | configured | unchanged, uid, fields before or {}}.

local kind, label, declared_in, kubeconfig = ARGV[1], ARGV[3], ARGV[8], ARGV[9]
local uid = call('HGET', K.names(kind), label)
local is_new = not uid
uid = uid or ARGV[2]
if kubeconfig ~= '' and uid ~= ARGV[2] then return { 'retry', uid } end -- sealed for another
local key, row = K.record(uid), label .. '\0' .. uid
local before, old = {}, {}
if not is_new then
  before = call('HGETALL', key)
  for i = 1, #before, 2 do old[before[i]] = before[i + 1] end
  if old.deleting and kind ~= 'Repository' then
    return { 'Conflict', 'is being deleted: wait until the last of its targets is gone' }
  end
  if declared_in == '' and (old.declared_in or '') ~= '' then
    return { 'Conflict', 'is declared in the ' .. old.declared_in .. ': change it there' }
  end
end

local new = {}
for i = 10, #ARGV, 2 do new[ARGV[i]] = ARGV[i + 1] end
local is_same = old.digest == ARGV[6] and (old.declared_in or '') == declared_in
  and not old.deleting
  and (not new.kubeconfig_digest or new.kubeconfig_digest == old.kubeconfig_digest)
if is_same then return { 'unchanged', uid, before } end

-- Another credential template may be its own by now.
if new.templates and new.templates ~= (call('HGET', K.templates(), 'version') or '0') then
  return { 'retry', uid }
end

local moved = is_new or old.content ~= ARGV[7]
  or (new.kubeconfig_digest ~= nil and new.kubeconfig_digest ~= old.kubeconfig_digest)
call('HSET', key, 'uid', uid, 'kind', kind, 'label', label, 'name', ARGV[4], 'document', ARGV[5],
  'digest', ARGV[6], 'content', ARGV[7], 'declared_in', declared_in, unpack(ARGV, 10))
call('HDEL', key, 'deleting', 'orphan')
if moved then call('HINCRBY', key, 'generation', 1) end
if kubeconfig ~= '' then call('SET', K.kubeconfig(uid), kubeconfig) end
if is_new then
  call('HSET', key, 'created_at', stamp)
  call('HSET', K.names(kind), label, uid)
  call('ZADD', K.records(kind), 0, row)
end

local function follow(name, revision)
  call('ZADD', K.users(name), 0, row)
  call('SADD', K.followers(name, revision), uid)
  local is_unseen = call('HSETNX', K.heads(name), revision, '') == 1
  call('HSETNX', K.seen(name), revision, '')
  local repository = call('HGET', K.names('Repository'), name)
  if is_unseen and repository then due('lookup:' .. repository, now) end
end

local function put_application()
  if not moved then due('expand:' .. uid, now) end -- its windows, or what it depends on, changed
  if (old.parents or '') ~= (new.parents or '') then
    count_children(new.parents, 1) -- first: what nobody depends on is forgotten
    count_children(old.parents, -1)
  end
  call('ZADD', K.project_records(new.project), 0, row)
  if old.others and not new.others then call('HDEL', key, 'others') end
  local was, is = followed.by(old), followed.by(new)
  for _, each in ipairs(was) do
    if not followed.has(is, each[1], each[2]) then unfollow(each[1], each[2], uid) end
    if not followed.has(is, each[1]) then leave_repository(uid, each[1], row) end
  end
  for _, each in ipairs(is) do follow(each[1], each[2]) end
end

local function put_cluster()
  local c = cluster(uid)
  local was = old.open == '1' or old.paused == '1' or old.barred ~= nil
  if is_new then was = false end
  recount_parked(c, was)
  set_cluster(c, 'tight', '')
  if parks(c) then block(c, 'away') else unblock(c) end
  if moved then due('probe:' .. uid, now) end
end

local function put_repository()
  if old.url and old.url ~= new.url then
    call('HSET', K.looked(label), '', stamp) -- the old place may still answer
    for _, revision in ipairs(call('HKEYS', K.seen(label))) do
      call('HSET', K.heads(label), revision, '')
      call('HSET', K.seen(label), revision, '')
      call('HSET', K.looked(label), revision, stamp)
    end
  end
  if moved then due('lookup:' .. uid, now) end
end

if kind == 'Application' then
  put_application()
elseif kind == 'Cluster' then
  put_cluster()
elseif kind == 'Repository' then
  put_repository()
elseif kind == 'CredentialTemplate' then
  changed.templates()
else
  changed.windows()
end
flush_counts()
local action = is_new and 'created' or 'configured'
event(string.lower(kind), uid, label, 'state', action)
return { action, uid, before }

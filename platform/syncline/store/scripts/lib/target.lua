-- One target in memory: loaded once, changed, saved once; its counters and indexes move with it.
-- Needs base.

local function load(id)
  local raw = call('HGETALL', K.target(id))
  if #raw == 0 then return nil end
  local values = {}
  for i = 1, #raw, 2 do values[raw[i]] = raw[i + 1] end
  local dot = string.find(id, '.', 1, true)
  return { id = id, v = values, w = {},
    application = string.sub(id, 1, dot - 1), cluster = string.sub(id, dot + 1) }
end

-- '' is stored as no field at all.
local function put(t, field, value)
  if value == '' then value = nil end
  if t.v[field] ~= value then
    t.v[field] = value
    t.w[field] = value or false
  end
end

local function get(t, field) return t.v[field] or '' end
local function number(t, field) return tonumber(t.v[field]) or 0 end

-- Who waits for a target, or for all of its application's, is looked at again. How often that was so
-- is counted: what was seen before is out of date.
local function tell_children(t)
  put(t, 'parent', whole(number(t, 'parent') + 1))
  if call('EXISTS', K.waiting(t.id)) == 1 then due('depends:' .. t.id, now) end
  local application = string.match(get(t, 'name'), '^[^@]+')
  call('HINCRBY', K.parents(), 'told:' .. application, 1)
  local many = call('ZCARD', K.waiting(application))
  -- Its targets end one after the other, and each look is at all that wait.
  if many > 0 then due('depends:' .. application, now + math.min(20, 1 + many / 500)) end
end

local function save(t)
  if t.v.parent and next(t.w) and (t.v.phase == 'idle' or t.w.sync or t.w.health) then
    tell_children(t) -- they may find it ready by now
  end
  local set, unset = {}, {}
  for field, value in pairs(t.w) do
    if value then
      set[#set + 1] = field
      set[#set + 1] = value
    else
      unset[#unset + 1] = field
    end
  end
  if #set > 0 then call('HSET', K.target(t.id), unpack(set)) end
  if #unset > 0 then call('HDEL', K.target(t.id), unpack(unset)) end
  t.w = {}
end

local function member(t) return get(t, 'name') .. '\0' .. t.id end

local function count_target(t, field, delta)
  count('fleet', field, delta)
  count(t.application, field, delta)
  count(t.cluster, field, delta)
end

local function set_sync(t, status)
  local old = get(t, 'sync')
  if old == status then return end
  if old ~= '' then
    count_target(t, 'sync:' .. old, -1)
    call('ZREM', K.by_sync(old), member(t))
  end
  count_target(t, 'sync:' .. status, 1)
  call('ZADD', K.by_sync(status), 0, member(t))
  put(t, 'sync', status)
end

local function set_health(t, status)
  local old = get(t, 'health')
  if old == status then return end
  if old ~= '' then
    count_target(t, 'health:' .. old, -1)
    call('ZREM', K.by_health(old), member(t))
  end
  count_target(t, 'health:' .. status, 1)
  call('ZADD', K.by_health(status), 0, member(t))
  put(t, 'health', status)
end

local SEEN_GAP = '\31'

-- Show what was seen; while the cluster is away it is kept for its return, and Unknown is shown.
local function show(t, c, sync, health, reason, message)
  if c.open == '1' then
    put(t, 'away', '1')
    put(t, 'seen', table.concat({ sync, health, reason, message }, SEEN_GAP))
    set_sync(t, 'Unknown')
    set_health(t, 'Unknown')
    put(t, 'reason', string.match(c.error, '^CredentialRefused') or 'ClusterUnreachable')
    put(t, 'message', 'Cluster/' .. get(t, 'cluster') .. ': ' .. c.error)
  else
    put(t, 'away', '')
    put(t, 'seen', '')
    set_sync(t, sync)
    set_health(t, health)
    put(t, 'reason', reason)
    put(t, 'message', message)
  end
  put(t, 'updated_at', stamp)
end

-- What was seen last: sync, health, reason, message; whether or not it is shown now.
local function seen(t)
  local kept = t.v.seen
  if not kept then return get(t, 'sync'), get(t, 'health'), get(t, 'reason'), get(t, 'message') end
  local parts, from = {}, 1
  for i = 1, 3 do
    local at = string.find(kept, SEEN_GAP, from, true)
    parts[i] = string.sub(kept, from, at - 1)
    from = at + 1
  end
  return parts[1], parts[2], parts[3], string.sub(kept, from)
end

-- What is shown again after something else was: health has been looked at since, and what it said
-- then is old.
local function said_then(sync, health, reason, message)
  local is_well = health == 'Healthy' or health == 'Suspended'
  if sync == 'Synced' and reason ~= 'Succeeded' and is_well then return 'Succeeded', '' end
  return reason, message
end

-- Have the health of a target looked at again. Times are those of its cluster, some seconds apart
-- and other ones for each cluster, so that one look serves all that come to be due meanwhile.
local CHECKS_APART = 2

local function check_at(t, at)
  local offset = (tonumber(string.sub(t.cluster, -4), 16) or 0) / 65536 * CHECKS_APART
  at = math.ceil((at - offset) / CHECKS_APART) * CHECKS_APART + offset
  call('ZADD', K.checks(t.cluster), seconds(at), t.id)
  due('health:' .. t.cluster, at)
end

local function check_no_more(t) call('ZREM', K.checks(t.cluster), t.id) end

local function tell(t)
  event('target', t.id, get(t, 'name'), 'phase', get(t, 'phase'), 'sync', get(t, 'sync'),
    'health', get(t, 'health'), 'reason', get(t, 'reason'), 'revision', get(t, 'revision'),
    'observed', get(t, 'observed'), 'operation', get(t, 'operation'))
end

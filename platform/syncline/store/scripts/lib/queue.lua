-- Ready targets, fairly: lane → ring of projects → ring of clusters → targets by time.
-- A cluster that is held back leaves the rings as a whole, so that its targets cost nothing.
-- Needs base target.

-- What is known of a cluster; read once in a step.
local clusters = {}

local CLUSTER_FIELDS = { 'name', 'open', 'paused', 'barred', 'blocked', 'max_runs', 'proven',
  'served', 'error', 'failures', 'deleting', 'tight', 'answered', 'pace', 'spent' }

local function cluster(uid)
  local c = clusters[uid]
  if c then return c end
  local values = call('HMGET', K.record(uid), unpack(CLUSTER_FIELDS))
  c = { uid = uid, exists = values[1] ~= false }
  for i, field in ipairs(CLUSTER_FIELDS) do c[field] = values[i] or '' end
  clusters[uid] = c
  return c
end

local function set_cluster(c, field, value)
  c[field] = value
  if not c.exists then return end
  if value == '' then
    call('HDEL', K.record(c.uid), field)
  else
    call('HSET', K.record(c.uid), field, value)
  end
end

local function parks(c) return c.open == '1' or c.paused == '1' or c.barred ~= '' end

local function phase_word(c, phase)
  if phase == 'ready' and parks(c) then return 'parked' end
  return phase
end

local function set_phase(t, phase)
  local old = t.v.phase
  if old == phase then return end
  local c = cluster(t.cluster)
  if old then
    count('fleet', 'phase:' .. phase_word(c, old), -1)
    count(c.uid, 'phase:' .. phase_word(c, old), -1)
  end
  count('fleet', 'phase:' .. phase_word(c, phase), 1)
  count(c.uid, 'phase:' .. phase_word(c, phase), 1)
  put(t, 'phase', phase)
end

local function join(lane, project, c)
  call('ZADD', K.ring(lane, project), 'NX', c.served == '' and stamp or c.served, c.uid)
  if not call('ZSCORE', K.turns(lane), project) then
    -- Who comes back is not ahead of those who stayed.
    local had = tonumber(call('HGET', K.shares(lane), project) or '0')
    local first = call('ZRANGE', K.turns(lane), 0, 0, 'WITHSCORES')
    local least = tonumber(first[2] or '0')
    call('ZADD', K.turns(lane), string.format('%.17g', math.max(had, least)), project)
  end
end

local function leave(lane, project, uid)
  call('ZREM', K.ring(lane, project), uid)
  if call('EXISTS', K.ring(lane, project)) == 0 then call('ZREM', K.turns(lane), project) end
end

local function split_group(group)
  local colon = string.find(group, ':', 1, true)
  return string.sub(group, 1, colon - 1), string.sub(group, colon + 1)
end

local function block(c, why)
  if c.blocked == '' then
    for _, group in ipairs(call('SMEMBERS', K.groups(c.uid))) do
      local lane, project = split_group(group)
      leave(lane, project, c.uid)
    end
  end
  if c.blocked ~= why then set_cluster(c, 'blocked', why) end
end

local function unblock(c)
  if c.blocked == '' then return end
  set_cluster(c, 'blocked', '')
  local groups = call('SMEMBERS', K.groups(c.uid))
  for _, group in ipairs(groups) do
    local lane, project = split_group(group)
    join(lane, project, c)
  end
  if #groups > 0 then wake() end
end

local RANKS = { user = 1, push = 2, heavy = 2.5, plugin = 2.6, drift = 3 }
local NEWER = 1.5 -- a lane of a newer release: we move nothing out of it but for a person

local function better(one, other)
  if not one or one == '' then return other end
  if not other or other == '' then return one end
  return (RANKS[one] or NEWER) <= (RANKS[other] or NEWER) and one or other
end

local function leave_ready(t)
  local lane, project = get(t, 'lane'), get(t, 'project')
  local key = K.ready(lane, project, t.cluster)
  call('ZREM', key, t.id)
  if call('EXISTS', key) == 0 then
    call('SREM', K.groups(t.cluster), lane .. ':' .. project)
    leave(lane, project, t.cluster)
  end
end

-- By which lane a target goes: one whose render took long holds up nobody but those who wait for it.
-- What a plugin renders has workers of its own, perhaps the only ones that have the plugin.
local function side(t, lane)
  if t.v.heavy == 'plugin' then return 'plugin' end
  return t.v.heavy and lane ~= 'user' and 'heavy' or lane
end

-- Put a target in line; one that waits already moves only to a better lane.
local function make_ready(t, lane)
  lane = side(t, lane)
  if t.v.phase == 'ready' then
    if better(get(t, 'lane'), lane) == get(t, 'lane') then return end
    leave_ready(t)
  end
  local c, project = cluster(t.cluster), get(t, 'project')
  put(t, 'lane', lane)
  set_phase(t, 'ready')
  call('ZADD', K.ready(lane, project, c.uid), stamp, t.id)
  call('SADD', K.groups(c.uid), lane .. ':' .. project)
  if c.blocked == '' then
    join(lane, project, c)
    wake()
  end
end

-- Clusters that stop to answer are not known until a request to them has timed out, and until then
-- they can fill every slot. So from the first that does (trouble) each must answer once more, unless
-- it did so while that request was waited for.
local SLOW_ANSWER = 2 -- seconds, in the mean; a healthy API server needs 0.05
local LATELY = 5 -- seconds; none is given up sooner
local trouble

local function trouble_since()
  if trouble == nil then trouble = tonumber(call('GET', K.trouble()) or '') or false end
  return trouble
end

local function is_slow(c) return (tonumber(c.pace) or 0) > SLOW_ANSWER end

local function must_answer(c)
  if c.proven ~= '1' then return true end
  local since = trouble_since()
  return since and (tonumber(c.answered) or 0) < since - LATELY
end

-- Whether a cluster may keep who asks it waiting: those get one run each, and few slots together.
local function is_doubtful(c) return is_slow(c) or must_answer(c) end

local function have_probed(c)
  local probe = 'probe:' .. c.uid
  if not call('ZSCORE', K.due(), probe) then due(probe, now) end
end

-- How many runs a cluster may have.
local function cap(c) return is_doubtful(c) and 1 or tonumber(c.max_runs) or 1 end

-- What all runs of a cluster together may ask at once, in seconds of its rate: each may have a part
-- of what is left. What a run asked is gone, and comes back with time: `spent` is when all has.
local BURST = 2

local function gone(c) return math.max(0, math.min((tonumber(c.spent) or 0) - now, BURST)) end

local function burst(c)
  return string.format('%.4f', (BURST - gone(c)) / (tonumber(c.max_runs) or 1))
end

local function spend(c, asked)
  if asked > 0 then set_cluster(c, 'spent', seconds(now + math.min(gone(c) + asked, BURST))) end
end

local function live(key)
  call('ZREMRANGEBYSCORE', key, '-inf', stamp)
  return call('ZCARD', key)
end

-- Queued and running together may exceed the cap by half, so that a worker never waits for us;
-- not where workers are so many that claims were refused for it (tight).
local function has_room(c)
  local most = cap(c)
  if most > 1 and c.tight ~= '1' then most = most + math.ceil(most / 2) end
  return live(K.slots(c.uid)) < most
end

local function take_slot(t, c, untill)
  call('ZADD', K.slots(c.uid), seconds(untill), t.id)
  if is_doubtful(c) then call('ZADD', K.unproven(), seconds(untill), t.id) end
end

-- A cluster that waits to be proven need not wait for a run of its own: probes ask many at once. What
-- is slow is proven by its runs alone.
local function wait_for_proof(c)
  call('SADD', K.unproven_wait(), c.uid)
  block(c, 'quota')
  if not is_slow(c) then have_probed(c) end
end

-- Some of the doubtful clusters that wait for one of the few slots may try again.
local AT_ONCE = 8

local function let_unproven()
  local freed, looks = 0, 0
  while freed < AT_ONCE and looks < 50 do
    local uid = call('SPOP', K.unproven_wait())
    if not uid then return end
    local other = cluster(uid)
    looks = looks + 1
    if other.blocked == 'quota' then
      unblock(other)
      freed = freed + 1
    end
  end
end

local function free_slot(t)
  local c = cluster(t.cluster)
  call('ZREM', K.slots(c.uid), t.id)
  call('ZREM', K.leases(c.uid), t.id)
  call('ZREM', K.watch(), t.id)
  if c.blocked == 'cap' and call('ZCARD', K.leases(c.uid)) < cap(c) and has_room(c) then
    unblock(c)
  end
  if call('ZREM', K.unproven(), t.id) == 1 or is_doubtful(c) then let_unproven() end
end

-- A cluster's breaker: it opens after failures in a row and closes with the first answer.
-- Needs base target queue.

-- Counters call ready targets parked while a cluster lets none run: renames them as one.
local function recount_parked(c, was)
  if was == parks(c) then return end
  local from, to = 'phase:ready', 'phase:parked'
  if was then from, to = to, from end
  local held = tonumber(call('HGET', K.counts(c.uid), from) or '0')
  if counted[c.uid] then held = held + (counted[c.uid][from] or 0) end
  count(c.uid, from, -held)
  count(c.uid, to, held)
  count('fleet', from, -held)
  count('fleet', to, held)
end

local function tell_cluster(c, reason)
  event('cluster', c.uid, c.name, 'reachable', c.open == '1' and 'false' or 'true',
    'reason', reason, 'message', c.error)
end

-- The flip is one step; what targets show follows in chunks (mark).
local function flip(c, open)
  local was = parks(c)
  set_cluster(c, 'open', open)
  recount_parked(c, was)
  if parks(c) then block(c, 'away') else unblock(c) end
  set_cluster(c, 'mark_from', '')
  due('mark:' .. c.uid, now)
  tell_cluster(c, open == '1' and 'ClusterUnreachable' or 'Reachable')
end

-- Half of what is known of a cluster's pace is what it was last. It is written where it matters.
local function note_pace(c, pace)
  if not pace then return end
  local known = tonumber(c.pace) or 0
  local mean = (known + pace) / 2
  if mean < SLOW_ANSWER / 8 then
    if known > 0 then set_cluster(c, 'pace', '') end
  else
    set_cluster(c, 'pace', string.format('%.3f', mean))
  end
end

local TROUBLE = 60 -- seconds without another failure until clusters are trusted again
local WRITTEN = 5 -- seconds; the time of the last answer need not be better known

-- Each cluster that was trusted and is silent tells that others may be so since.
local function note_trouble(was_trusted)
  if was_trusted or call('EXPIRE', K.trouble(), TROUBLE) == 0 then
    call('SET', K.trouble(), stamp, 'EX', TROUBLE)
  end
  trouble = nil
end

-- Clusters that went away together are not probed together for ever: 10 % each way.
local function jittered(c, seconds)
  local drawn = tonumber(string.sub(redis.sha1hex(c.uid .. stamp), 1, 8), 16) / 0xffffffff
  return seconds * (0.9 + 0.2 * drawn)
end

-- Returns 'opened', 'closed' or ''.
local function note_failure(c, error, limit, probe_after)
  if not c.exists then return '' end
  local was_trusted = not is_doubtful(c)
  set_cluster(c, 'checked_at', stamp)
  set_cluster(c, 'error', error)
  set_cluster(c, 'proven', '')
  set_cluster(c, 'failures', whole((tonumber(c.failures) or 0) + 1))
  due('probe:' .. c.uid, now + jittered(c, probe_after))
  if c.open == '1' then return '' end
  note_trouble(was_trusted)
  if tonumber(c.failures) < limit then return '' end
  set_cluster(c, 'opened_at', stamp)
  flip(c, '1')
  return 'opened'
end

-- pace: mean seconds of its answers, nil where they were not measured.
local function note_answer(c, pace)
  if not c.exists then return '' end
  local was_doubtful = is_doubtful(c)
  if c.failures ~= '' then set_cluster(c, 'failures', '') end
  if c.proven ~= '1' then
    set_cluster(c, 'checked_at', stamp)
    set_cluster(c, 'proven', '1')
  end
  local last, since = tonumber(c.answered) or 0, trouble_since()
  if now > last + WRITTEN or (since and last < since - LATELY) then set_cluster(c, 'answered', stamp) end
  note_pace(c, pace)
  if was_doubtful then
    if c.blocked == 'cap' or c.blocked == 'quota' then unblock(c) end
    let_unproven()
  end
  if c.open ~= '1' then
    if c.error ~= '' then set_cluster(c, 'error', '') end
    return ''
  end
  set_cluster(c, 'error', '')
  flip(c, '')
  undue('probe:' .. c.uid)
  due('sweep:' .. c.uid, now)
  return 'closed'
end

-- Bind a cluster to the uid of its kube-system namespace. Returns '' or why it may not be.
local function bind(c, kube_uid, version)
  if not c.exists or kube_uid == '' then return '' end
  local bound = call('HGET', K.record(c.uid), 'kube_uid')
  local why = ''
  if bound and bound ~= kube_uid then
    why = 'ClusterIdentityChanged: it is not the cluster that was registered: its kube-system uid is '
      .. kube_uid .. ' and was ' .. bound .. ': confirm the change or correct its kubeconfig'
  elseif not bound then
    local other = call('HGET', K.kube_uids(), kube_uid)
    if other and other ~= c.uid and call('EXISTS', K.record(other)) == 1 then
      why = 'Conflict: it is the same cluster as ' .. cluster(other).name
        .. ' (kube-system uid ' .. kube_uid .. '): remove one of the two'
    else
      call('HSET', K.kube_uids(), kube_uid, c.uid)
      call('HSET', K.record(c.uid), 'kube_uid', kube_uid)
    end
  end
  if version ~= '' and why == '' then call('HSET', K.record(c.uid), 'version', version) end
  if why ~= c.barred then
    local was = parks(c)
    set_cluster(c, 'barred', why)
    recount_parked(c, was)
    if parks(c) then block(c, 'away') elseif was then unblock(c) end
    tell_cluster(c, why == '' and 'Reachable' or string.match(why, '^%a+'))
  end
  return why
end

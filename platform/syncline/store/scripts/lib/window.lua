-- What holds a request back outside the queue: a closed sync window until it opens, and parents that
-- are not ready (spec.dependsOn) until a scheduler finds that they are (judged.lua).
-- Which windows a target has is a set; the set's key says from when until when it is closed next, for
-- what happens by itself and for what people ask for. What waits for parents is filed under the one
-- that it waits for, so that it is woken by that alone. A target without either reads nothing of this.
-- Needs base target queue operation.

local CLOSINGS = { 'auto_from', 'auto_until', 'auto_why', 'manual_from', 'manual_until', 'manual_why' }
local window_sets = {} -- read once in a step
local is_held_back, show_held, wait_for, hold, unhold, leave_windows

do -- Lua allows 200 names in a step with all of its parts: these are nobody else's
  local WINDOW_CLOSED, NOT_READY = 'WindowClosed', 'DependencyNotReady'
  local HOLDS = { [WINDOW_CLOSED] = true, [NOT_READY] = true }

  local function window_set(uid)
    local s = window_sets[uid]
    if s then return s end
    local values = call('HMGET', K.window(uid), unpack(CLOSINGS))
    s = {}
    for i, field in ipairs(CLOSINGS) do s[field] = values[i] or '' end
    window_sets[uid] = s
    return s
  end

  -- Deletions, dry runs and what breaks the glass pass, and so does what has begun, until a newer wish
  -- takes it in.
  local function passes(t, w)
    return t.v.deleting or string.find(w.flags, '^...t') or string.find(w.flags, '^....t')
      or (w.begun or '') ~= ''
  end

  -- Returns until when ('' = nobody knows) and why; nil where no window holds it back.
  local function closed_for(t, w)
    if not t.v.windows or passes(t, w) then return nil end
    local s = window_set(t.v.windows)
    local who = (w.operation ~= '' or w.lane == 'user') and 'manual' or 'auto'
    local from, opens = tonumber(s[who .. '_from']), s[who .. '_until']
    if not from or now < from or (opens ~= '' and now >= tonumber(opens)) then return nil end
    return opens, s[who .. '_why']
  end

  -- passed: its parents were found ready since it last ran.
  function is_held_back(t, w)
    if closed_for(t, w) then return true end
    return t.v.depends and not t.v.passed and not passes(t, w)
  end

  -- What drifted is named: it may have to wait for as long as somebody only wants to be told.
  local function held_back(w, why)
    if string.sub(w.trigger, 1, 15) ~= '{"kind":"drift"' then return why end
    local drifted = cjson.decode(w.trigger).reason
    return (drifted or '') == '' and why or why .. '. Drifted: ' .. drifted
  end

  -- What the target showed before comes back with unhold; a run that ended since says something newer.
  function show_held(t, w, reason, why)
    local sync, health, was, told = seen(t)
    if was == reason and told == why then return end
    if not HOLDS[was] then put(t, 'unheld', table.concat({ sync, was, told }, SEEN_GAP)) end
    local differs = w.operation == '' and w.lane ~= 'user'
    show(t, cluster(t.cluster), differs and 'OutOfSync' or sync, health, reason, why)
    move_member(w.operation, t.id, get(t, 'name'), 'pending', reason, why)
    tell(t)
  end

  -- It leaves the list of those that wait as it does.
  local function unlist(t)
    if t.v.waits then
      call('ZREM', K.waiting(t.v.waits), t.id)
      put(t, 'waits', '')
    elseif t.v.held and t.v.windows then
      call('ZREM', K.window_held(t.v.windows), member(t))
    end
  end

  -- File a target under what it waits for; told: how often that was told of before it was looked at.
  -- Under ? a scheduler looks at its parents; nothing is shown until it has.
  function wait_for(t, subject, told)
    if t.v.waits ~= subject then
      unlist(t)
      put(t, 'waits', subject)
    end
    call('ZADD', K.waiting(subject), told, t.id)
    if subject == '?' then due('depends:?', now) end
  end

  local function wait_for_parents(t)
    put(t, 'held', '0')
    if not t.v.waits then wait_for(t, '?', 0) end
  end

  function hold(t, w)
    if t.v.phase == 'ready' then leave_ready(t) end
    set_phase(t, 'idle')
    put(t, 'lane', '')
    if not t.v.held then call('ZADD', K.held(), 0, member(t)) end
    local opens, why = closed_for(t, w)
    if not opens then return wait_for_parents(t) end
    if t.v.waits or not t.v.held then
      unlist(t)
      call('ZADD', K.window_held(t.v.windows), 0, member(t))
    end
    put(t, 'held', opens == '' and '0' or opens)
    show_held(t, w, WINDOW_CLOSED, held_back(w, why))
  end

  function unhold(t)
    if not t.v.held then return end
    call('ZREM', K.held(), member(t))
    unlist(t)
    put(t, 'held', '')
    local _, health, was = seen(t)
    if HOLDS[was] and t.v.unheld then
      local sync, reason, told = string.match(t.v.unheld, '^(.-)\31(.-)\31(.*)$')
      show(t, cluster(t.cluster), sync, health, said_then(sync, health, reason, told))
    end
    put(t, 'unheld', '')
  end

  -- A set that no target has any more is forgotten.
  function leave_windows(t)
    local uid = t.v.windows
    if not uid then return end
    unhold(t)
    put(t, 'windows', '')
    if call('HINCRBY', K.window(uid), 'targets', -1) > 0 then return end
    call('DEL', K.window(uid), K.window_held(uid))
    call('SREM', K.window_sets(), uid)
    undue('window:' .. uid)
  end
end

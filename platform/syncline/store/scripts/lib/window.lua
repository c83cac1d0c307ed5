-- Sync windows: a request that a closed one holds back waits outside the queue until it opens.
-- Which windows a target has is a set; the set's key says from when until when it is closed next, for
-- what happens by itself and for what people ask for. A target without windows reads nothing of this.
-- Needs base target queue operation.

local WINDOW_CLOSED = 'WindowClosed'
local CLOSINGS = { 'auto_from', 'auto_until', 'auto_why', 'manual_from', 'manual_until', 'manual_why' }
local window_sets = {} -- read once in a step

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
-- takes it in. Returns until when ('' = nobody knows) and why; nil where nothing is held back.
local function closed_for(t, w)
  if not t.v.windows or t.v.deleting then return nil end
  if string.find(w.flags, '^...t') or string.find(w.flags, '^....t') then return nil end
  if (w.begun or '') ~= '' then return nil end
  local s = window_set(t.v.windows)
  local who = (w.operation ~= '' or w.lane == 'user') and 'manual' or 'auto'
  local from, opens = tonumber(s[who .. '_from']), s[who .. '_until']
  if not from or now < from or (opens ~= '' and now >= tonumber(opens)) then return nil end
  return opens, s[who .. '_why']
end

-- What drifted is named: it may have to wait for as long as somebody only wants to be told.
local function held_back(w, why)
  if string.sub(w.trigger, 1, 15) ~= '{"kind":"drift"' then return why end
  local drifted = cjson.decode(w.trigger).reason
  return (drifted or '') == '' and why or why .. '. Drifted: ' .. drifted
end

-- What the target showed before comes back with unhold; a run that ended since says something newer.
local function show_held(t, w, why)
  local sync, health, was, told = seen(t)
  why = held_back(w, why)
  if was == WINDOW_CLOSED and told == why then return end
  if was ~= WINDOW_CLOSED then put(t, 'unheld', table.concat({ sync, was, told }, SEEN_GAP)) end
  local differs = w.operation == '' and w.lane ~= 'user'
  show(t, cluster(t.cluster), differs and 'OutOfSync' or sync, health, WINDOW_CLOSED, why)
  move_member(w.operation, t.id, get(t, 'name'), 'pending', WINDOW_CLOSED, why)
  tell(t)
end

local function hold(t, w, opens, why)
  if t.v.phase == 'ready' then leave_ready(t) end
  set_phase(t, 'idle')
  put(t, 'lane', '')
  if not t.v.held then
    call('ZADD', K.held(), 0, member(t))
    call('ZADD', K.window_held(t.v.windows), 0, member(t))
  end
  put(t, 'held', opens == '' and '0' or opens)
  show_held(t, w, why)
end

local function unhold(t)
  if not t.v.held then return end
  call('ZREM', K.held(), member(t))
  call('ZREM', K.window_held(t.v.windows), member(t))
  put(t, 'held', '')
  local _, health, was = seen(t)
  if was == WINDOW_CLOSED and t.v.unheld then
    local sync, reason, told = string.match(t.v.unheld, '^(.-)\31(.-)\31(.*)$')
    show(t, cluster(t.cluster), sync, health, said_then(sync, health, reason, told))
  end
  put(t, 'unheld', '')
end

-- A set that no target has any more is forgotten.
local function leave_windows(t)
  local uid = t.v.windows
  if not uid then return end
  unhold(t)
  put(t, 'windows', '')
  if call('HINCRBY', K.window(uid), 'targets', -1) > 0 then return end
  call('DEL', K.window(uid), K.window_held(uid))
  call('SREM', K.window_sets(), uid)
  undue('window:' .. uid)
end

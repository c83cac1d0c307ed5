-- What is wanted of a target: one unpinned wish that newer ones join, and pinned ones in order.
-- The wish that waits lies in the fields pending, pending_…; the one at hand in request, op, ….
-- Needs base target queue operation window.

local WISH = { 'trigger', 'lane', 'flags', 'operation', 'generation', 'at', 'attempt', 'joined',
  'begun' }

local function pending(t)
  if not t.v.pending_generation then return nil end
  local w = {}
  for _, field in ipairs(WISH) do w[field] = get(t, 'pending_' .. field) end
  return w
end

local function set_pending(t, w)
  for _, field in ipairs(WISH) do put(t, 'pending_' .. field, w and w[field] or '') end
end

-- flags: prune (t, f, -), confirm_prune (t, -), full (t, -), dry_run (t, -), break_glass (t, -);
-- seldom also changed_only (t, -), and the objects alone that it is about (JSON): such a wish is
-- partial.
local WORDS = { t = 'true', f = 'false', ['-'] = 'null' }

local function truth(flags, at) return string.sub(flags, at, at) == 't' and 'true' or 'false' end

local function is_partial(flags) return #flags > 6 end

local function request_json(w)
  return table.concat({
    '{"generation":', w.generation, ',"requested_at":', w.at, ',"trigger":', w.trigger,
    ',"revision":', (w.revision or '') == '' and 'null' or cjson.encode(w.revision),
    ',"operation":', w.operation == '' and 'null' or '"' .. w.operation .. '"',
    ',"options":{"prune":', WORDS[string.sub(w.flags, 1, 1)],
    ',"confirm_prune":', truth(w.flags, 2), ',"full":', truth(w.flags, 3),
    ',"dry_run":', truth(w.flags, 4), ',"break_glass":', truth(w.flags, 5),
    ',"changed_only":', truth(w.flags, 6),
    ',"only":', is_partial(w.flags) and string.sub(w.flags, 7) or 'null', '}}' })
end

local function join_flags(older, newer)
  local out = {}
  for i = 1, 5 do
    local a, b = string.sub(older, i, i), string.sub(newer, i, i)
    out[i] = (a == 't' or b == 't') and 't' or (b ~= '-' and b or a)
  end
  -- What asks for less than the other adds nothing to it.
  if truth(older, 6) == 'true' and truth(newer, 6) == 'true' then out[6] = 't' end
  return table.concat(out)
end

local function superseded(t, operation, by)
  move_member(operation, t.id, get(t, 'name'), 'superseded', 'Superseded', by)
end

-- What was seen of the cluster says nothing of who wants what, and why; even the write of an attempt
-- that gave up may come late and look like drift.
local function is_finding(w)
  return string.find(w.trigger, '"kind":"drift"', 1, true) ~= nil
end

-- Two unpinned wishes become one: the newer one, with whatever the older one insisted on.
local function joined(t, older, newer)
  if not older then return newer end
  local w = {}
  for _, field in ipairs(WISH) do w[field] = newer[field] end
  w.flags = join_flags(older.flags, newer.flags)
  w.lane = better(older.lane, newer.lane)
  if is_finding(newer) then w.trigger = older.trigger end
  if newer.operation == '' and older.operation ~= '' then
    w.operation, w.trigger, w.joined = older.operation, older.trigger, '1'
  elseif newer.operation ~= older.operation then
    if older.operation ~= '' then
      superseded(t, older.operation, 'operation ' .. newer.operation .. ' asked later')
    end
    if older.operation == '' or older.joined == '1' then w.joined = '1' end
  else
    w.joined = (older.joined == '1' or newer.joined == '1') and '1' or ''
  end
  return w
end

-- Pins travel as a list of texts: fields in order, then the revision.
local PIN = { 'generation', 'lane', 'flags', 'operation', 'at', 'attempt', 'trigger', 'revision' }

local function pin_text(w)
  local parts = {}
  for i, field in ipairs(PIN) do parts[i] = w[field] or '' end
  return table.concat(parts, '\31')
end

local function pin_of(text)
  local w, from = {}, 1
  for i, field in ipairs(PIN) do
    local at = i < #PIN and string.find(text, '\31', from, true)
    w[field] = string.sub(text, from, at and at - 1 or -1)
    from = (at or 0) + 1
  end
  return w
end

local function first_pin(t)
  if not t.v.pins then return nil end
  local text = call('LINDEX', K.pins(t.id), 0)
  return text and pin_of(text)
end

local function push_pin(t, w, front)
  call(front and 'LPUSH' or 'RPUSH', K.pins(t.id), pin_text(w))
  put(t, 'pins', '1')
end

local function pop_pin(t, w)
  call('LREM', K.pins(t.id), 1, pin_text(w))
  if call('EXISTS', K.pins(t.id)) == 0 then put(t, 'pins', '') end
end

-- The wish that comes next: the older one of the waiting one and the first pin.
local function next_wish(t)
  local w, pin = pending(t), first_pin(t)
  if pin and (not w or tonumber(pin.generation) < tonumber(w.generation)) then return pin, true end
  return w, false
end

-- The wish that comes next of those that nothing holds back.
local function turn(t)
  local w, pinned = next_wish(t)
  if not w or not is_held_back(t, w) then return w, pinned end
  local other = pending(t)
  if other and not is_held_back(t, other) then return other, false end
  if not t.v.pins then return nil end
  for _, text in ipairs(call('LRANGE', K.pins(t.id), 0, -1)) do
    local pin = pin_of(text)
    if not is_held_back(t, pin) then return pin, true end
  end
end

-- Every request up to `done` is satisfied, failed or superseded.
local function settle_done(t)
  local w, pin = pending(t), first_pin(t)
  local open = number(t, 'want') + 1
  if w then open = math.min(open, tonumber(w.generation)) end
  if pin then open = math.min(open, tonumber(pin.generation)) end
  if t.v.generation then open = math.min(open, number(t, 'generation')) end
  put(t, 'done', whole(open - 1))
end

-- The wish at hand, as it was claimed; nil where none is.
local function at_hand(t)
  if not t.v.generation then return nil end
  local w = {}
  for _, field in ipairs(WISH) do w[field] = get(t, field == 'lane' and 'run_lane' or field) end
  w.revision = get(t, 'pin')
  return w, t.v.pinned == '1'
end

local function take_at_hand(t, w, pinned)
  for _, field in ipairs(WISH) do
    put(t, field == 'lane' and 'run_lane' or field, w and w[field] or '')
  end
  put(t, 'pinned', w and pinned and '1' or '')
  put(t, 'pin', w and w.revision or '')
end

-- Who follows a pin may find the cluster between two revisions: see put_right.
local function tear(t, w, pinned)
  if pinned and truth(w.flags, 4) == 'false' and not is_partial(w.flags) then put(t, 'torn', '1') end
end

-- The wish at hand waits again, as attempt number `attempt`; a newer wish takes it in.
-- ended: reason, message, wrote of the attempt; nil where it was lost.
local function return_wish(t, attempt, ended)
  local w, pinned = at_hand(t)
  if not w then return end
  w.attempt = whole(attempt)
  w.begun = (not ended or ended.wrote) and '1' or w.begun
  if not ended or ended.wrote then tear(t, w, pinned) end
  if pinned then
    push_pin(t, w, true)
  else
    local newer = pending(t)
    set_pending(t, newer and joined(t, w, newer) or w)
  end
  if w.operation ~= '' then
    local reason = ended and ended.reason or get(t, 'reason')
    local message = ended and ended.message or get(t, 'message')
    move_member(w.operation, t.id, get(t, 'name'), 'pending', reason, message)
  end
  take_at_hand(t, nil)
end

-- The target's place after whatever happened: in line, held back, or idle.
local function settle(t)
  local w, held = turn(t), nil
  undue('retry:' .. t.id)
  put(t, 'retry_at', '')
  if w then
    local other = pending(t)
    unhold(t)
    make_ready(t, better(w.lane, other and other.lane or ''))
  else
    held = next_wish(t)
    if held then hold(t, held) else unhold(t) end
  end
  if not w and not held then
    if t.v.phase == 'ready' then leave_ready(t) end
    set_phase(t, 'idle')
    put(t, 'lane', '')
    put(t, 'progress', '') -- whatever run had steps to go is over
    put(t, 'passed', '')
  end
  settle_done(t)
end

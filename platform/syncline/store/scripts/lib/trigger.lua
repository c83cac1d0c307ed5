-- A request is recorded: it joins what waits, and the target gets in line.
-- Needs base target queue operation wishes aside source document drop.

local function is_automated(t) return call('HGET', K.record(t.application), 'automated') == '1' end

local function supersede_all(t, by)
  local w = pending(t)
  if w then superseded(t, w.operation, by) end
  for _, text in ipairs(call('LRANGE', K.pins(t.id), 0, -1)) do
    superseded(t, pin_of(text).operation, by)
  end
  call('DEL', K.pins(t.id))
  put(t, 'pins', '')
  set_pending(t, nil)
end

-- So many pinned requests wait for one target, and as many dry runs: while its cluster is away, a
-- pipeline that asks at each commit would heap them up without end.
local MOST_PINS = 20

-- Make room for a pin: the oldest of its kind gives way, so that no dry run costs a real request.
local function make_room(t, w)
  if not t.v.pins or call('LLEN', K.pins(t.id)) < MOST_PINS then return end
  local is_dry, alike = truth(w.flags, 4), {}
  for _, text in ipairs(call('LRANGE', K.pins(t.id), 0, -1)) do
    if truth(pin_of(text).flags, 4) == is_dry then alike[#alike + 1] = text end
  end
  local by = w.operation ~= '' and 'operation ' .. w.operation or 'a newer request'
  for i = 1, #alike - MOST_PINS + 1 do
    call('LREM', K.pins(t.id), 1, alike[i])
    superseded(t, pin_of(alike[i]).operation, MOST_PINS .. ' newer '
      .. (is_dry == 'true' and 'dry runs' or 'requests for a revision') .. ' wait, the last of '
      .. by .. '; why they do: syncline describe target ' .. get(t, 'name'))
  end
end

-- Whether the target was set aside for just what is asked; what is something else ends that.
local function is_refused(t, ask)
  if not t.v.aside or ask.kind == 'retry' then return false end
  if ask.kind ~= 'delete' and not is_other(t, ask.kind, ask.revision) then return true end
  back_again(t)
  return false
end

-- Drift asks for nothing that a run to come would not do: what waits for it takes that in, as the
-- same request for the same reason. Returns its generation.
local function take_in(t, w, ask)
  w.flags = join_flags(w.flags, ask.flags)
  w.lane = better(w.lane, ask.lane)
  if w.operation ~= '' then w.joined = '1' end
  set_pending(t, w)
  if t.v.phase == 'idle' then settle(t) end
  return tonumber(w.generation)
end

-- ask: kind, trigger (JSON), lane, flags, operation, revision, dry, orphan.
-- Returns the generation, 0 where nothing was recorded, and why; the target is dropped where
-- `orphan`.
local function want(t, ask)
  if t.v.deleting and ask.kind ~= 'delete' and ask.kind ~= 'retry' then return 0, 'Deleting' end
  if is_refused(t, ask) then return 0, SET_ASIDE end
  if ask.kind == 'retry' then
    if t.v.phase == 'idle' and next_wish(t) then settle(t) end
    return number(t, 'want')
  end
  local waiting = ask.kind == 'drift' and pending(t)
  if waiting then return take_in(t, waiting, ask) end
  local generation = number(t, 'want') + 1
  put(t, 'want', whole(generation))
  local w = { trigger = ask.trigger, lane = ask.lane, flags = ask.flags, at = stamp,
    operation = ask.operation, generation = whole(generation), attempt = '1', joined = '',
    revision = ask.revision }
  if ask.kind == 'delete' then
    put(t, 'deleting', '1')
    supersede_all(t, 'the target is being removed')
    if ask.orphan then
      drop(t)
      t.dropped = true
      return generation
    end
    set_pending(t, w)
  elseif ask.revision ~= '' or ask.dry or is_partial(ask.flags) then
    make_room(t, w)
    push_pin(t, w)
  else
    set_pending(t, joined(t, pending(t), w))
  end
  local phase = t.v.phase
  if phase == 'idle' then
    settle(t)
  elseif phase == 'ready' then
    make_ready(t, ask.lane)
  elseif phase == 'queued' and RANKS[side(t, ask.lane)] < RANKS[get(t, 'lane')] then
    free_slot(t)
    make_ready(t, ask.lane)
  end
  settle_done(t)
  return generation
end

-- What a pinned run left half-way goes back to what is followed, where the policy acts by itself.
-- A pin that waits comes first, and may mend it.
local function put_right(t)
  if not t.v.torn or t.v.deleting or first_pin(t) then return end
  if not is_automated(t) then return end
  put(t, 'torn', '')
  want(t, { kind = 'recovery', lane = 'push', flags = '--t-', operation = '', revision = '',
    trigger = '{"kind":"recovery","reason":"a sync to another revision failed half-way"}' })
end

local function finish(t)
  if t.dropped then return end
  save(t)
end

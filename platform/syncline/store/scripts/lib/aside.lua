-- Poison: a target whose runs lost their worker again and again is set aside, until a person
-- releases it or what it would run on is something else.
-- Needs base target queue operation wishes source.

local ASIDE_GAP = '\31'
local SET_ASIDE = 'SetAside'

local function documents_of(t)
  return (call('HGET', K.record(t.application), 'generation') or '') .. '.'
    .. (call('HGET', K.record(t.cluster), 'generation') or '')
end

-- Whether a wish would run on something else than what it was set aside for. A head that moved says
-- so only where a look-up found that it changes the target: kinds push and poll, or `newer`.
local function is_other(t, kind, revision)
  local documents, pin, head = string.match(t.v.aside, '^[^\31]*\31([^\31]*)\31([^\31]*)\31(.*)$')
  if documents ~= documents_of(t) then return true end
  if revision ~= '' or pin ~= '' then return revision ~= pin end
  if kind ~= 'push' and kind ~= 'poll' and not t.v.newer then return false end
  return t.v.follow ~= nil and beside.heads(t) ~= head
end

local function why_aside(t)
  return 'it was set aside after it lost its workers: syncline release ' .. get(t, 'name')
end

local function back_again(t)
  call('ZREM', K.aside(), member(t))
  put(t, 'aside', '')
end

-- What waits and would be the same once more is refused, too.
local function refuse_waiting(t)
  local name, w = get(t, 'name'), pending(t)
  if w and not is_other(t, 'push', '') then
    move_member(w.operation, t.id, name, 'failed', SET_ASIDE, why_aside(t))
    set_pending(t, nil)
  end
  if not t.v.pins then return end
  for _, text in ipairs(call('LRANGE', K.pins(t.id), 0, -1)) do
    local pin = pin_of(text)
    if not is_other(t, 'operation', pin.revision) then
      call('LREM', K.pins(t.id), 1, text)
      move_member(pin.operation, t.id, name, 'failed', SET_ASIDE, why_aside(t))
    end
  end
  if call('EXISTS', K.pins(t.id)) == 0 then put(t, 'pins', '') end
end

-- Another loss is enough from here on, until a run ends or a person releases it.
local function set_aside(t, attempts)
  put(t, 'lost', whole(attempts - 1))
  put(t, 'aside', table.concat({ stamp, documents_of(t), get(t, 'pin'),
    get(t, 'claimed_head') }, ASIDE_GAP))
  call('ZADD', K.aside(), 0, member(t))
  refuse_waiting(t)
end

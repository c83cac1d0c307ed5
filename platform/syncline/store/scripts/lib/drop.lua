-- Forget a target: everything that is kept of it, and the tombstones that waited for it.
-- Needs base target queue operation window wishes source document found.

local BULK = 500

local function disown(t, objects)
  for from = 1, #objects, BULK do
    local names, mine = {}, {}
    for i = from, math.min(from + BULK - 1, #objects) do names[#names + 1] = objects[i] end
    local owners = call('HMGET', K.owners(t.cluster), unpack(names))
    for i, owner in ipairs(owners) do
      if owner == t.id then mine[#mine + 1] = names[i] end
    end
    if #mine > 0 then call('HDEL', K.owners(t.cluster), unpack(mine)) end
  end
end

local function skip_wishes(t, reason)
  local name = get(t, 'name')
  local w = pending(t)
  if w then move_member(w.operation, t.id, name, 'skipped', reason) end
  if t.v.generation then move_member(get(t, 'operation'), t.id, name, 'skipped', reason) end
  for _, text in ipairs(call('LRANGE', K.pins(t.id), 0, -1)) do
    move_member(pin_of(text).operation, t.id, name, 'skipped', reason)
  end
end

local function drop(t)
  skip_wishes(t, 'Gone')
  if t.v.phase == 'ready' then leave_ready(t) end
  leave_windows(t)
  if t.v.waits then unhold(t) end
  if t.v.parent then tell_children(t) end
  free_slot(t)
  local row = member(t)
  local word = phase_word(cluster(t.cluster), t.v.phase)
  count('fleet', 'phase:' .. word, -1)
  count(t.cluster, 'phase:' .. word, -1)
  count_target(t, 'sync:' .. get(t, 'sync'), -1)
  count_target(t, 'health:' .. get(t, 'health'), -1)
  count_target(t, 'targets', -1)
  for _, key in ipairs({ K.all(), K.of_application(t.application), K.of_cluster(t.cluster),
    K.of_project(get(t, 'project')), K.by_sync(get(t, 'sync')), K.by_health(get(t, 'health')) }) do
    call('ZREM', key, row)
  end
  if t.v.aside then call('ZREM', K.aside(), row) end
  disown(t, call('HKEYS', K.inventory(t.id)))
  forget_found(t.application, t.cluster)
  unfile(t)
  beside.unfile(t)
  past.let(t)
  let_spec(t.application, get(t, 'spec_held'))
  for _, entry in ipairs(call('LRANGE', K.history(t.id), 0, -1)) do
    let_spec(t.application, string.match(entry, '^%d+'))
  end
  undue('retry:' .. t.id)
  check_no_more(t)
  call('DEL', K.target(t.id), K.pins(t.id), K.inventory(t.id), K.history(t.id))
  event('target', t.id, get(t, 'name'), 'phase', 'gone')
  flush_counts()
  remove_if_last(t.application, t.cluster)
end

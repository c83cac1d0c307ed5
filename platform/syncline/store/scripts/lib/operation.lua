-- An operation's members and its end.
-- Needs base.

local FINAL = { synced = true, failed = true, superseded = true, cancelled = true, skipped = true }
local STATES = { 'pending', 'running', 'synced', 'failed', 'superseded', 'cancelled', 'skipped' }
local KEPT = 7 * 86400

local function finish_operation(uid)
  local values = call('HMGET', K.operation(uid), 'expanded', 'finished_at', 'cancelled', 'error', 'name')
  if values[1] ~= '1' or values[2] then return end
  if call('ZCARD', K.members_by(uid, 'pending')) + call('ZCARD', K.members_by(uid, 'running')) > 0 then
    return
  end
  local bad = call('ZCARD', K.members_by(uid, 'failed'))
    + call('ZCARD', K.members_by(uid, 'superseded'))
  local state = 'Succeeded'
  if values[3] then
    state = 'Cancelled'
  elseif bad > 0 or values[4] then
    state = 'Failed'
  end
  call('HSET', K.operation(uid), 'state', state, 'finished_at', stamp)
  call('EXPIRE', K.operation(uid), KEPT)
  call('EXPIRE', K.members(uid), KEPT)
  call('EXPIRE', K.backs(uid), KEPT)
  for _, word in ipairs(STATES) do call('EXPIRE', K.members_by(uid, word), KEPT) end
  call('EXPIRE', K.members_by(uid, 'all'), KEPT)
  undue('operation:' .. uid)
  event('operation', uid, values[5] or uid, 'state', state)
end

-- List a member that is still open with those of which dry runs found the same.
local function group_member(uid, id, name, digest)
  local value = uid ~= '' and call('HGET', K.members(uid), id)
  if not value or FINAL[string.match(value, '^[a-z]+')] then return end
  local key = K.members_by(uid, 'differs-' .. digest)
  call('ZADD', key, 0, name .. '\0' .. id)
  call('EXPIRE', key, KEPT)
end

-- Move a member; what is final stays. Returns whether it moved.
local function move_member(uid, id, name, state, reason, message, plan)
  if uid == '' then return false end
  local value = call('HGET', K.members(uid), id)
  if not value then return false end
  local old = string.match(value, '^[a-z]+')
  if FINAL[old] then return false end
  local row = name .. '\0' .. id
  if old ~= state then
    call('ZREM', K.members_by(uid, old), row)
    call('ZADD', K.members_by(uid, state), 0, row)
  end
  call('HSET', K.members(uid), id,
    table.concat({ state, reason or '', message or '', plan or '' }, '\31'))
  if FINAL[state] then
    call('ZREM', K.members_by(uid, 'held'), row)
    if call('EXISTS', K.members_by(uid, 'held')) == 1 then
      due('operation:' .. uid, now)
    else
      finish_operation(uid)
    end
  end
  return true
end

-- needs: base target queue operation window wishes source aside document found drop trigger
-- Trigger an operation's held members, as many as its concurrency allows.
--
-- ARGV  1 operation  2 limit, at most 50
-- Returns how many left the held ones.

local uid, limit = ARGV[1], tonumber(ARGV[2])
local o = call('HMGET', K.operation(uid),
  'trigger', 'flags', 'revision', 'dry', 'concurrency', 'state', 'cancelled', 'finished_at', 'verb',
  'newer')
if not o[1] or o[7] or o[8] then return 0 end
local held = K.members_by(uid, 'held')
local most = tonumber(o[5])
if most > 0 then
  local open = call('ZCARD', K.members_by(uid, 'pending')) + call('ZCARD', K.members_by(uid, 'running'))
  limit = math.min(limit, most - (open - call('ZCARD', held)))
end
if limit <= 0 then return 0 end
if o[6] == 'Pending' then
  call('HSET', K.operation(uid), 'state', 'Running')
  event('operation', uid, uid, 'state', 'Running')
end

-- A roll-out that a person asked for is one all the same: who asks for a single target passes it, and
-- so does whoever takes one back.
local MANY, verb = 50, o[9]
local lane = verb ~= 'rollback' and call('ZCARD', K.members_by(uid, 'all')) > MANY and 'push' or 'user'

-- What a target is kept at changes before it runs; what it was set aside for is not what runs next.
-- Returns nothing, or state, reason and message of why it is left as it is.
local function steer(t)
  if not verb or t.v.deleting then return end
  local trigger = cjson.decode(o[1])
  if verb == 'unpin' then
    if not t.v.back then return 'skipped', 'NotPinned', 'no rollback keeps it' end
    past.let(t)
  else
    local pin = call('HGET', K.backs(uid), t.id) or ''
    local state, reason, message = string.match(pin, '^(%a+)\31(%a+)\31(.*)$')
    if state then return state, reason, message end
    if pin == '' or not past.keep(t, pin, o[10] == '1') then
      return 'failed', 'NoPastState', 'what it is to go back to is not kept any more'
    end
  end
  past.audit(t, verb == 'unpin' and verb or 'pin', trigger.actor, trigger.reason, 'operation ' .. uid)
  put(t, 'lost', '')
  if t.v.aside then back_again(t) end
end

local rows = call('ZRANGE', held, 0, limit - 1)
for _, row in ipairs(rows) do
  call('ZREM', held, row)
  local gap = string.find(row, '%z')
  local name, id = string.sub(row, 1, gap - 1), string.sub(row, gap + 1)
  local t = load(id)
  local generation, why = 0, 'Gone'
  local state, reason, message
  if t then state, reason, message = steer(t) end
  if state then
    why = reason
  elseif t then
    generation, why = want(t, { kind = 'operation', lane = lane, flags = o[2], operation = uid,
      trigger = o[1], revision = o[3], dry = o[4] == '1' })
    finish(t)
  end
  if state then
    move_member(uid, id, name, state, reason, message)
  elseif generation == 0 and why == SET_ASIDE then
    move_member(uid, id, name, 'failed', why, why_aside(t))
  elseif generation == 0 then
    move_member(uid, id, name, 'skipped', why)
  end
end
flush_counts()
return #rows

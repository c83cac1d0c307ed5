-- needs: base target queue operation window wishes aside source document found drop trigger
-- Trigger an operation's held members, as many as its concurrency allows.
--
-- ARGV  1 operation  2 limit, at most 50
-- Returns how many left the held ones.

local uid, limit = ARGV[1], tonumber(ARGV[2])
local o = call('HMGET', K.operation(uid),
  'trigger', 'flags', 'revision', 'dry', 'concurrency', 'state', 'cancelled', 'finished_at')
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

-- A roll-out that a person asked for is one all the same: who asks for a single target passes it.
local MANY = 50
local lane = call('ZCARD', K.members_by(uid, 'all')) > MANY and 'push' or 'user'

local rows = call('ZRANGE', held, 0, limit - 1)
for _, row in ipairs(rows) do
  call('ZREM', held, row)
  local gap = string.find(row, '%z')
  local name, id = string.sub(row, 1, gap - 1), string.sub(row, gap + 1)
  local t = load(id)
  local generation, why = 0, 'Gone'
  if t then
    generation, why = want(t, { kind = 'operation', lane = lane, flags = o[2], operation = uid,
      trigger = o[1], revision = o[3], dry = o[4] == '1' })
    finish(t)
  end
  if generation == 0 and why == SET_ASIDE then
    move_member(uid, id, name, 'failed', why, why_aside(t))
  elseif generation == 0 then
    move_member(uid, id, name, 'skipped', why)
  end
end
flush_counts()
return #rows

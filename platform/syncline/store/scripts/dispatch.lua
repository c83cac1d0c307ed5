-- needs: base target queue operation window wishes
-- Take ready targets of a lane for the broker: the project with the least of its share first, in it
-- the cluster that was served longest ago, in it the target that waits longest.
--
-- ARGV  1 lane  2 room, at most 50  3 slots of all workers, 0 = not known
-- Touches  turns, ring, ready, groups, shares, target, slots, unproven, unproven quota, watch,
--          counts, due; window held, held, members of those that a sync window holds back by now
--
-- Returns 1 where another step may find more, else 0; then target, ticket, name for each, flat.

local lane, room, slots = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local steps = 0 -- a step has one time only: who is served later gets a later one
local WAIT = 60 -- seconds until a message that nobody claimed is sent again; doubles each time

local quota = slots > 0 and math.max(1, math.floor(slots / 4)) or math.huge

local function hold_back(c)
  if parks(c) then
    block(c, 'away')
  elseif not has_room(c) then
    block(c, 'cap')
  elseif is_doubtful(c) and live(K.unproven()) >= quota then
    wait_for_proof(c)
  else
    return false
  end
  return true
end

local function served(project, c)
  local weight = tonumber(call('HGET', K.weights(), project) or '1')
  local share = call('ZINCRBY', K.turns(lane), string.format('%.17g', 1 / weight), project)
  call('HSET', K.shares(lane), project, share)
  -- Later than all others of its ring, also where a failover set the time back.
  steps = steps + 1
  local last = call('ZRANGE', K.ring(lane, project), -1, -1, 'WITHSCORES')
  local at = math.max(now + steps / 1e6, (tonumber(last[2] or '') or 0) + 1e-6)
  set_cluster(c, 'served', seconds(at))
  if call('EXISTS', K.ready(lane, project, c.uid)) == 0 then
    call('SREM', K.groups(c.uid), lane .. ':' .. project)
    leave(lane, project, c.uid)
  else
    call('ZADD', K.ring(lane, project), c.served, c.uid)
  end
end

local function queue(t, c)
  local sends = number(t, 'sends')
  local deadline = now + WAIT * 2 ^ math.min(sends, 4)
  local ticket = math.max(number(t, 'tickets') + 1, math.floor(now * 1000))
  put(t, 'sends', whole(sends + 1))
  put(t, 'tickets', whole(ticket))
  put(t, 'ticket', t.id .. '.' .. whole(ticket))
  set_phase(t, 'queued')
  take_slot(t, c, deadline)
  call('ZADD', K.watch(), seconds(deadline), t.id)
  save(t)
end

if slots > 0 and trouble_since() then call('SET', K.unproven_quota(), quota, 'EX', 60) end

-- Who waits for a slot of the doubtful must not wait for one of them to end where none runs.
if live(K.unproven()) < quota then let_unproven() end

local out, left, looks = { 0 }, room, room + 50
while left > 0 and looks > 0 do
  looks = looks - 1
  local project = call('ZRANGE', K.turns(lane), 0, 0)[1]
  if not project then break end
  local c = cluster(call('ZRANGE', K.ring(lane, project), 0, 0)[1])
  if not hold_back(c) then
    local t = load(call('ZPOPMIN', K.ready(lane, project, c.uid))[1])
    if t.v.windows and not turn(t) then
      settle(t)
      save(t)
    else
      queue(t, c)
      served(project, c)
      left = left - 1
      out[#out + 1] = t.id
      out[#out + 1] = t.v.ticket
      out[#out + 1] = t.v.name
    end
  end
end
if left == 0 or looks == 0 then out[1] = 1 end
flush_counts()
return out

-- needs: base
-- Look at what waits on some clusters, and at how they are. Nothing is written.
--
-- ARGV  1 where to begin: '-', or '(' and the last member of the step before
--       2 how many clusters and ready sets to look at, about
-- Reads  records, record, groups, ready
--
-- Returns {time, last member or '' at the end, {state, clusters…}, {lane, project, waiting, parked,
-- the time that the oldest of those waiting got ready…}}. Parked: its cluster lets none run.

local records, left = K.records('Cluster'), tonumber(ARGV[2])
local states, lines, order = {}, {}, {}

local function state_of(open, paused, barred, proven)
  if open == '1' then return 'open' end
  if barred and barred ~= '' then return 'barred' end
  if paused == '1' then return 'paused' end
  return proven == '1' and 'closed' or 'unproven'
end

local function line_of(group)
  local line = lines[group]
  if not line then
    line = { waiting = 0, parked = 0 }
    lines[group] = line
    order[#order + 1] = group
  end
  return line
end

local function look(uid)
  local row = call('HMGET', K.record(uid), 'open', 'paused', 'barred', 'proven')
  local state = state_of(unpack(row))
  local runs = state == 'closed' or state == 'unproven'
  states[state] = (states[state] or 0) + 1
  for _, group in ipairs(call('SMEMBERS', K.groups(uid))) do
    local colon = string.find(group, ':', 1, true)
    local ready = K.ready(string.sub(group, 1, colon - 1), string.sub(group, colon + 1), uid)
    local line, count = line_of(group), call('ZCARD', ready)
    left = left - 1
    if runs then
      local at = call('ZRANGE', ready, 0, 0, 'WITHSCORES')[2]
      line.waiting = line.waiting + count
      if at and (not line.since or tonumber(at) < tonumber(line.since)) then line.since = at end
    else
      line.parked = line.parked + count
    end
  end
end

local start, last, ended = ARGV[1], '', false
while left > 0 and not ended do
  local rows = call('ZRANGEBYLEX', records, start, '+', 'LIMIT', 0, 50)
  ended = #rows < 50
  for _, row in ipairs(rows) do
    if left <= 0 then
      ended = false
      break
    end
    left = left - 1
    last = row
    look(string.match(row, '%z(.*)$'))
  end
  start = '(' .. last
end
if ended then last = '' end

local counts, flat = {}, {}
for state, count in pairs(states) do
  counts[#counts + 1] = state
  counts[#counts + 1] = count
end
for _, group in ipairs(order) do
  local colon, line = string.find(group, ':', 1, true), lines[group]
  for _, value in ipairs({ string.sub(group, 1, colon - 1), string.sub(group, colon + 1),
    whole(line.waiting), whole(line.parked), line.since or '0' }) do
    flat[#flat + 1] = value
  end
end
return { stamp, last, counts, flat }

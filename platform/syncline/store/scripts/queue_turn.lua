-- needs: base target queue
-- Where a ready target stands in its lane. Nothing is written.
--
-- ARGV  1 target
-- Reads  target, record, ready, ring, slots, weights
--
-- Returns {} where it does not wait, else {lane, project, why its cluster is held back ('', away, cap,
-- quota), targets of its cluster before it, targets of its project before it, its cluster's slots in
-- use, runs that its cluster may have}.

local t = load(ARGV[1])
if not t or t.v.phase ~= 'ready' then return {} end
local lane, project, c = get(t, 'lane'), get(t, 'project'), cluster(t.cluster)
local rank = call('ZRANK', K.ready(lane, project, c.uid), t.id) or 0

-- Clusters are served in turn: those before its own give one target more until it is its turn. A
-- cluster that is held back is before all others once it is let in.
local ring = call('ZRANGE', K.ring(lane, project), 0, -1)
local ahead, own = rank, 0
for i, uid in ipairs(ring) do
  if uid == c.uid then own = i end
end
for i, uid in ipairs(ring) do
  if uid ~= c.uid then
    local given = i < own and rank + 1 or rank
    ahead = ahead + math.min(given, call('ZCARD', K.ready(lane, project, uid)))
  end
end
local held = parks(c) and 'away' or c.blocked
return { lane, project, held, rank, ahead, call('ZCOUNT', K.slots(c.uid), stamp, '+inf'), cap(c) }

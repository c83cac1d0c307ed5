-- needs: base target queue operation window wishes source
-- Give a target what a backup remembers of it. What it learned since stays: its state and inventory
-- are taken only where it never ran in this store, runs are added behind those it has.
--
-- ARGV  1 target  2 the backup's specs hold here (1 or '')  3 message for a person's policy
--       4 fields of state, 5 objects, 6 runs: how many pairs, pairs, triples follow, in this order:
--       field, value | object, entry | generation, finished at, entry
-- Touches  target, inventory, owners, history, spec-uses, pinned
--
-- Returns 1, or 0 where the target is gone.

local id = ARGV[1]
local t = load(id)
if not t then return 0 end
local fields, objects, runs = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local at = 7
local is_new = t.v.unadopted and not t.v.fence and t.v.phase == 'idle'
for i = at, at + fields * 2 - 1, 2 do
  if is_new then put(t, ARGV[i], ARGV[i + 1]) end
end
if is_new and t.v.back then
  local generation = past.generation(t.v.back)
  if generation ~= '' then call('HINCRBY', K.spec_uses(t.application), generation, 1) end
  call('ZADD', K.pinned(), 0, member(t))
end
at = at + fields * 2
for i = at, at + objects * 2 - 1, 2 do
  if is_new and call('HSETNX', K.owners(t.cluster), ARGV[i], id) == 1 then
    call('HSET', K.inventory(id), ARGV[i], ARGV[i + 1])
  end
end
at = at + objects * 2
if is_new then
  put(t, 'objects', whole(call('HLEN', K.inventory(id))))
  if call('HGET', K.record(t.application), 'automated') ~= '1' then
    show(t, cluster(t.cluster), 'OutOfSync', 'Unknown', 'Restored', ARGV[3])
  end
end

local known = {}
for _, row in ipairs(call('LRANGE', K.history(id), 0, -1)) do
  known[string.match(row, '^%d+ (%S+)')] = true
end
for i = at, at + runs * 3 - 1, 3 do
  if not known[ARGV[i + 1]] and call('LLEN', K.history(id)) < kept_history then
    local generation = ARGV[2] == '1' and ARGV[i] or '0'
    call('RPUSH', K.history(id), generation .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 2])
    if generation ~= '0' then call('HINCRBY', K.spec_uses(t.application), generation, 1) end
  end
end
tell(t)
save(t)
flush_counts()
return 1

-- needs: base found
-- Add to the stored inventory before the first write, and claim the objects.
--
-- ARGV  1 target  2 fence  3 cluster  4… object, entry (packed) in pairs
-- Touches  inventory, owners, what a survey had found for the target
--
-- Returns {} when stored; {'LeaseLost'}; or {'OwnedByAnother', object, that target's name}: then
-- nothing is stored.

local id, uid = ARGV[1], ARGV[3]
local values = call('HMGET', K.target(id), 'phase', 'fence', 'unadopted')
if values[1] ~= 'running' or values[2] ~= ARGV[2] then return { 'LeaseLost' } end

local BULK = 500 -- pairs in one command: Lua can unpack about 8,000 values
local owned = {}
for from = 4, #ARGV, BULK * 2 do
  local names, owners = {}, {}
  for i = from, math.min(from + BULK * 2 - 2, #ARGV), 2 do names[#names + 1] = ARGV[i] end
  for i, owner in ipairs(call('HMGET', K.owners(uid), unpack(names))) do
    if owner and owner ~= id then
      local name = call('HGET', K.target(owner), 'name')
      if name then return { 'OwnedByAnother', names[i], name } end
    end
    owners[#owners + 1] = names[i]
    owners[#owners + 1] = id
  end
  owned[#owned + 1] = owners
end
for i, owners in ipairs(owned) do
  call('HSET', K.owners(uid), unpack(owners))
  local from = 4 + (i - 1) * BULK * 2
  call('HSET', K.inventory(id), unpack(ARGV, from, math.min(from + BULK * 2 - 1, #ARGV)))
end
if values[3] then
  call('HDEL', K.target(id), 'unadopted')
  forget_found(string.match(id, '^[^.]+'), uid)
end
return {}

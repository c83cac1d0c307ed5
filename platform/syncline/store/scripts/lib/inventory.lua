-- The whole inventory of a target is replaced; what left it is disowned.
-- Needs base target drop.

-- ARGV from `first` on: object, entry (packed) in pairs.
local function store_inventory(t, first)
  local now_there, left = {}, {}
  for i = first, #ARGV, 2 do now_there[ARGV[i]] = true end
  local before = {}
  for _, object in ipairs(call('HKEYS', K.inventory(t.id))) do
    before[object] = true
    if not now_there[object] then left[#left + 1] = object end
  end
  disown(t, left)
  for from = 1, #left, BULK do
    call('HDEL', K.inventory(t.id), unpack(left, from, math.min(from + BULK - 1, #left)))
  end
  for i = first, #ARGV, 2 do
    if not before[ARGV[i]] then call('HSETNX', K.owners(t.cluster), ARGV[i], t.id) end
  end
  for from = first, #ARGV, BULK * 2 do
    call('HSET', K.inventory(t.id), unpack(ARGV, from, math.min(from + BULK * 2 - 1, #ARGV)))
  end
  put(t, 'objects', whole((#ARGV - first + 1) / 2))
end

-- needs: base
-- Keep rendered manifests; the longest unused ones make room.
--
-- ARGV  1 render key  2 sealed bytes  3 most bytes of all  4 lifetime, seconds
-- Returns 1.

local key, text, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local sizes, by_use = K.rendered_sizes(), K.rendered_by()

local function forget(name)
  call('DEL', K.rendered(name))
  call('ZREM', by_use, name)
  local size = call('HGET', sizes, name)
  if size then
    call('HDEL', sizes, name)
    call('HINCRBY', sizes, 'total', -tonumber(size))
  end
end

forget(key)
-- What has expired by itself is still counted: forget it first.
for _, name in ipairs(call('ZRANGEBYSCORE', by_use, '-inf', seconds(now - tonumber(ARGV[4])), 'LIMIT', 0, 100)) do
  forget(name)
end
call('SET', K.rendered(key), text, 'EX', ARGV[4])
call('ZADD', by_use, stamp, key)
call('HSET', sizes, key, #text)
local total = call('HINCRBY', sizes, 'total', #text)
local looks = 0
while total > most and looks < 100 do
  looks = looks + 1
  local name = call('ZRANGE', by_use, 0, 0)[1]
  if not name or name == key then break end
  forget(name)
  total = tonumber(call('HGET', sizes, 'total'))
end
return 1

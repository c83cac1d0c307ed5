-- Texts of which the longest unused make room.
-- Needs base.

-- one: name → key; by_use: names by their last use; sizes: name → bytes, and their total.
local function keep_bounded(one, by_use, sizes, name, text, most, lifetime)
  local function forget(other)
    call('DEL', one(other))
    call('ZREM', by_use, other)
    local size = call('HGET', sizes, other)
    if size then
      call('HDEL', sizes, other)
      call('HINCRBY', sizes, 'total', -tonumber(size))
    end
  end

  forget(name)
  -- What has expired by itself is still counted: forget it first.
  local old = seconds(now - lifetime)
  for _, other in ipairs(call('ZRANGEBYSCORE', by_use, '-inf', old, 'LIMIT', 0, 100)) do
    forget(other)
  end
  call('SET', one(name), text, 'EX', lifetime)
  call('ZADD', by_use, stamp, name)
  call('HSET', sizes, name, #text)
  local total = call('HINCRBY', sizes, 'total', #text)
  local looks = 0
  while total > most and looks < 100 do
    looks = looks + 1
    local other = call('ZRANGE', by_use, 0, 0)[1]
    if not other or other == name then break end
    forget(other)
    total = tonumber(call('HGET', sizes, 'total'))
  end
end

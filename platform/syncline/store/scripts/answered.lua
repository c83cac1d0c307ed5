-- needs: base
-- Keep the answer to a preview and wake who waits for it; the oldest answers make room.
--
-- ARGV  1 preview  2 the sealed answer  3 most bytes of all  4 lifetime, seconds
-- Touches  preview, preview_answer, preview_bell, preview_answers, preview_total
--
-- Returns 1, 0 where it was answered before: then the first answer stays.

local uid, text, most, lifetime = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local answers = K.preview_answers()
local total = tonumber(call('GET', K.preview_total()) or '0')
if call('EXISTS', K.preview_answer(uid)) == 1 then return 0 end

-- The question goes too: who asks for an answer that made room is told that it is gone.
local function forget(row)
  local name, size = string.match(row, '^(.*) (%d+)$')
  call('ZREM', answers, row)
  call('UNLINK', K.preview(name), K.preview_answer(name), K.preview_bell(name))
  total = total - tonumber(size)
end

-- What has expired by itself is still counted: forget it first.
for _, row in ipairs(call('ZRANGEBYSCORE', answers, '-inf', seconds(now - lifetime), 'LIMIT', 0, 100)) do
  forget(row)
end
for _ = 1, 100 do
  local oldest = total + #text > most and call('ZRANGE', answers, 0, 0)[1]
  if not oldest then break end
  forget(oldest)
end
call('SET', K.preview_answer(uid), text, 'EX', lifetime)
call('ZADD', answers, stamp, uid .. ' ' .. #text)
call('EXPIRE', answers, lifetime)
call('SET', K.preview_total(), whole(total + #text), 'EX', lifetime)
call('LPUSH', K.preview_bell(uid), '1')
call('EXPIRE', K.preview_bell(uid), lifetime)
return 1

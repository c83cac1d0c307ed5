-- needs: base
-- Keep what a dry run found, unless an operation keeps the same already.
--
-- ARGV  1 operation  2 digest of it  3 sealed ('' = too large)  4 most bytes of one operation
--       5 lifetime, seconds
-- Touches  differences
--
-- Returns 1 if it is kept, 0 if there is no room for more than its digest.

local uid, digest, text, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local key = K.differences(uid)
local there = call('HSTRLEN', key, digest)
if there > 0 then return 1 end
local total = tonumber(call('HGET', key, 'bytes') or '0') + #text
if total > most then text = '' end
call('HSET', key, digest, text)
if text ~= '' then call('HSET', key, 'bytes', whole(total)) end
call('EXPIRE', key, tonumber(ARGV[5]))
return text ~= '' and 1 or 0

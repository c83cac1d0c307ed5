-- needs: base
-- A webhook tells of a push: look the repository up now, or soon where it just was for another one.
-- So a storm of them costs a look-up a second, and what was pushed after one began gets another.
--
-- ARGV  1 repository  2 actor  3 follow it too, as the fleet repository (1 or '')
-- Touches  notes, due, record
--
-- Returns 1, or 0 where that look-up was due already.

local APART = 1 -- seconds between two look-ups of one repository that webhooks ask for

local uid = ARGV[1]
local last = tonumber(call('HGET', K.record(uid), 'hooked') or '') or 0
if last > now + APART then last = 0 end -- of before a failover set the time back
local at = math.max(now, last + APART)
call('HSET', K.notes(), 'push:' .. uid, ARGV[2])
local moved = due('lookup:' .. uid, at)
if ARGV[3] == '1' then moved = math.max(moved, due('follow:' .. uid, at)) end
if moved == 1 then call('HSET', K.record(uid), 'hooked', seconds(at)) end
return moved

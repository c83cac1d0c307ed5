-- needs: base
-- Measure how fast each lane drains while more waits than workers take: runs a second.
--
-- ARGV  1 seconds that must have passed since the last time  2 seconds of memory  3… lanes
-- Touches  drain; reads  tally, turns
--
-- What ends while nothing waits shows what workers can do at least; what ends while targets wait all
-- the time shows what they can do, and moves the rate there within the memory's length.
-- Returns 1 if measured.

local pause, memory = tonumber(ARGV[1]), tonumber(ARGV[2])
local known = call('HGETALL', K.drain())
local old = {}
for i = 1, #known, 2 do old[known[i]] = known[i + 1] end
local passed = now - tonumber(old.at or '0')
if passed >= 0 and passed < pause then return 0 end

local function measure(lane)
  local ended = tonumber(call('HGET', K.tally(), 'ended:' .. lane) or '0')
  local behind = call('EXISTS', K.turns(lane)) == 1
  local before, rate = tonumber(old[lane .. ':ended']), tonumber(old[lane .. ':rate'])
  if before and before <= ended and passed > 0 and passed < 10 * pause then
    local seen = (ended - before) / passed
    if behind and old[lane .. ':behind'] == '1' then
      rate = rate and seen + (rate - seen) * math.exp(-passed / memory) or seen
    elseif seen > (rate or 0) then
      rate = seen
    end
  end
  call('HSET', K.drain(), lane .. ':ended', whole(ended), lane .. ':behind', behind and '1' or '0')
  if rate then call('HSET', K.drain(), lane .. ':rate', string.format('%.6g', rate)) end
end

for i = 3, #ARGV do measure(ARGV[i]) end
call('HSET', K.drain(), 'at', stamp)
return 1

-- needs: base
-- Take what is due, kinds that people wait for first, each by its time; each member comes up again
-- after a while unless done.
--
-- ARGV  1 limit, at most 200  2 hold, seconds  3… kinds that go first
-- Returns {the new time, members…}.

local LOOKED_AT = 5000 -- of what is due, for kinds that go first: 2 ms where so much is

local limit, held = tonumber(ARGV[1]), seconds(now + tonumber(ARGV[2]))
local is_first = {}
for i = 3, #ARGV do is_first[ARGV[i]] = true end

local function first_ones(found)
  local members = {}
  for _, member in ipairs(found) do
    if #members < limit and is_first[string.match(member, '^[^:]*')] then
      members[#members + 1] = member
    end
  end
  return members
end

local function filled(members, found)
  for _, member in ipairs(found) do
    if #members >= limit then break end
    if not is_first[string.match(member, '^[^:]*')] then members[#members + 1] = member end
  end
  return members
end

local most = next(is_first) and LOOKED_AT or limit
local found = call('ZRANGEBYSCORE', K.due(), '-inf', stamp, 'LIMIT', 0, most)
local members = filled(first_ones(found), found)
for _, member in ipairs(members) do call('ZADD', K.due(), held, member) end
return { held, unpack(members) }

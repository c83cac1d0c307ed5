-- needs: base target queue
-- Read the same fields of many targets; ready ones whose cluster lets none run are shown as parked.
--
-- ARGV  1 targets, apart by spaces  2 the field phase  3… the other fields
-- Returns JSON, which costs half of what as many values of their own do: of each target, in their
-- order, the values of the fields; false stands for one that is absent.

local rows = {}
for id in string.gmatch(ARGV[1], '%S+') do
  local row = call('HMGET', K.target(id), unpack(ARGV, 2))
  if row[1] == 'ready' then
    row[1] = phase_word(cluster(string.match(id, '[^.]+$')), row[1])
  end
  rows[#rows + 1] = row
end
return cjson.encode(rows)

-- needs: base target queue
-- Bring what a cluster's targets show in line with its breaker, from where the last step ended.
--
-- ARGV  1 cluster  2 limit, at most 50
-- Returns 1 when all are done, else 0.

local c = cluster(ARGV[1])
if not c.exists then
  undue('mark:' .. c.uid)
  return 1
end
local from = call('HGET', K.record(c.uid), 'mark_from')
local rows = call('ZRANGEBYLEX', K.of_cluster(c.uid), from and '(' .. from or '-', '+',
  'LIMIT', 0, tonumber(ARGV[2]))
for _, row in ipairs(rows) do
  local t = load(string.match(row, '[^%z]*$'))
  local is_away = t and t.v.away == '1'
  if t and is_away ~= (c.open == '1') then
    show(t, c, seen(t))
    save(t)
  end
end
flush_counts()
if #rows < tonumber(ARGV[2]) then
  set_cluster(c, 'mark_from', '')
  undue('mark:' .. c.uid)
  return 1
end
set_cluster(c, 'mark_from', rows[#rows])
due('mark:' .. c.uid, now)
return 0

-- needs: base
-- Read on in a sorted list of members, leaving out those that other lists do not hold.
--
-- ARGV  1 from where, 2 to where (as of ZRANGEBYLEX)  3 members wanted  4 key of the list
--       5… keys of the others
-- Returns {where to go on, '' at the end; the members}. At most 2500 are looked at: 5 ms.

local STEP, MOST = 250, 2500
local from, to, wanted, key = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local found, looked = {}, 0

local function keep(rows)
  local held = {}
  for i = 5, #ARGV do held[#held + 1] = call('ZMSCORE', ARGV[i], unpack(rows)) end
  for at, row in ipairs(rows) do
    local passes = true
    for _, scores in ipairs(held) do passes = passes and scores[at] end
    if passes then found[#found + 1] = row end
  end
end

while looked < MOST and #found < wanted do
  local size = #ARGV == 4 and wanted or STEP
  local rows = call('ZRANGEBYLEX', key, from, to, 'LIMIT', 0, size)
  if #rows > 0 then keep(rows) end
  if #rows < size then return { '', found } end
  from, looked = '(' .. rows[#rows], looked + #rows
end
return { from, found }

-- needs: base target queue operation window wishes source aside document found drop trigger
-- Record a request for up to 50 targets and put them in line.
--
-- ARGV  1 kind  2 lane  3 flags  4 operation  5 trigger (JSON)  6 revision  7 dry (1 or '')
--       8 orphan (1 or '')  9 only if sync  10 only if health  11 only if idle (1 or '')  12… targets
-- Touches  target, pins, ready, groups, ring, turns, shares, due, members, counts, wake; with
--          `orphan` all that drop touches
--
-- Returns the generation of each, 0 where nothing was recorded.

local ask = { kind = ARGV[1], lane = ARGV[2], flags = ARGV[3], operation = ARGV[4],
  trigger = ARGV[5], revision = ARGV[6], dry = ARGV[7] == '1', orphan = ARGV[8] == '1' }

local function holds(t)
  return (ARGV[9] == '' or get(t, 'sync') == ARGV[9])
    and (ARGV[10] == '' or get(t, 'health') == ARGV[10])
    and (ARGV[11] == '' or (t.v.phase == 'idle' and not next_wish(t)))
end

local generations = {}
for i = 12, #ARGV do
  local t = load(ARGV[i])
  local generation = 0
  if t and holds(t) then
    generation = want(t, ask)
    finish(t)
  end
  generations[#generations + 1] = generation
end
flush_counts()
return generations

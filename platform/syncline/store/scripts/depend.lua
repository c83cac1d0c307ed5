-- needs: base target queue operation window wishes
-- File targets: on what they depend, and whether others depend on them; and let their state decide of
-- their wishes.
--
-- ARGV  1 digest of what they depend on ('' = nothing)  2 others depend on them (1 or '')
--       3… targets, at most 50
-- Touches  target, waiting, held, ready…, members, due, parents, counts
-- Returns how many were filed otherwise before.

local digest, is_parent, moved = ARGV[1], ARGV[2], 0

local function file_child(t)
  if get(t, 'depends') == digest then return end
  put(t, 'depends', digest)
  put(t, 'passed', '')
  if t.v.waits then wait_for(t, '?', 0) end -- it is looked at anew
  if (t.v.phase == 'ready' or t.v.phase == 'idle') and t.v.retry_at == nil then settle(t) end
end

for i = 3, #ARGV do
  local known = call('HMGET', K.target(ARGV[i]), 'name', 'depends', 'parent')
  local was_parent = known[3] and '1' or ''
  if known[1] and ((known[2] or '') ~= digest or was_parent ~= is_parent) then
    local t = load(ARGV[i])
    if was_parent ~= is_parent then put(t, 'parent', is_parent) end
    file_child(t)
    save(t)
    moved = moved + 1
  end
end
flush_counts()
return moved

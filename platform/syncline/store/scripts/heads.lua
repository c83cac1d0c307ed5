-- needs: base looked
-- Move the heads of followed revisions to what a look-up found; claims take the new ones from here
-- on. What began before a look-up that was folded already moves nothing back.
--
-- ARGV  1 repository name  2 when the look-up began, '' = not known  3… revision, commit in pairs
-- Touches  heads, looked
--
-- Returns {1 if no look-up that began later was folded, else 0; revisions that moved, or of which
-- not all targets were told}.

local name, began = ARGV[1], ARGV[2]
local looked = K.looked(name)
local out = { is_late(call('HGET', looked, ''), began) and 0 or 1 }
if out[1] == 1 and began ~= '' then call('HSET', looked, '', began) end
for i = 3, #ARGV, 2 do
  local revision, commit = ARGV[i], ARGV[i + 1]
  local seen = call('HGET', K.seen(name), revision)
  if seen and not is_late(call('HGET', looked, revision), began) then
    if began ~= '' then call('HSET', looked, revision, began) end
    if seen ~= commit or call('HGET', K.heads(name), revision) ~= commit then
      call('HSET', K.heads(name), revision, commit)
      out[#out + 1] = revision
    end
  end
end
return out

-- needs: base target queue operation window wishes
-- Fold what a scheduler made of targets that wait for those that they depend on.
--
-- ARGV  1 under what they were filed  2… for each target, at most 50: its id, the digest of what it
--       depends on, the head of what it follows, what it waits for ('' = it may run), how often that
--       had been told of, why it waits
-- Touches  target, waiting, held, ready…, members, due, counts
-- Returns how many may run.

local from, passed = ARGV[1], 0

-- How often it was told that a target, an application or a cluster may be waited for no longer.
local function told(subject)
  if string.find(subject, '.', 1, true) then return call('HGET', K.target(subject), 'parent') or '' end
  return call('HGET', K.parents(), 'told:' .. subject) or ''
end

local function wait(t, subject, seen_of, why)
  wait_for(t, subject, tonumber(seen_of) or 0)
  if told(subject) ~= seen_of then due('depends:' .. subject, now) end
  local w = next_wish(t)
  if w then show_held(t, w, 'DependencyNotReady', why) end
end

-- A sync window that closed meanwhile holds it as long as it likes: its parents are looked at then.
local function let_pass(t, head)
  put(t, 'passed', '@' .. head)
  settle(t)
  if t.v.held then put(t, 'passed', '') else passed = passed + 1 end
end

for i = 2, #ARGV, 6 do
  local t = load(ARGV[i])
  if not t or t.v.waits ~= from then
    call('ZREM', K.waiting(from), ARGV[i])
  elseif get(t, 'depends') ~= ARGV[i + 1] then
    due('depends:' .. from, now + 1) -- its documents changed meanwhile, or are not filed yet
  else
    if ARGV[i + 3] == '' then let_pass(t, ARGV[i + 2]) else wait(t, unpack(ARGV, i + 3, i + 5)) end
    save(t)
  end
end
flush_counts()
return passed

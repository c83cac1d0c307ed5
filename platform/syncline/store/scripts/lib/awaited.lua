-- What waits for a person where the policy does not act by itself: shown over what the last run or
-- sweep said, which comes back once nothing is awaited any more.
-- Needs base target queue.

local AWAITING = { SpecChanged = true, NewRevision = true }

-- wanted, applied: digests of what the documents want and of what the last run took of them;
-- newer: a commit, and that it changes the target. Returns reason and message, or nothing.
local function awaited(t)
  if t.v.back then return end -- it is where a person wanted it
  local has_run = t.v.applied or t.v.revision
  local why
  if t.v.wanted and t.v.wanted ~= t.v.applied and has_run then
    why = { 'SpecChanged', get(t, 'changed') .. ' changed since it was applied' }
  elseif t.v.newer then
    why = { 'NewRevision', t.v.newer }
  else
    return
  end
  return why[1], why[2] .. ', and its policy is not automated: sync it'
end

local function show_awaited(t)
  local reason, message = awaited(t)
  local sync, health, was, told = seen(t)
  if reason then
    if was == reason and told == message then return end
    if not AWAITING[was] then put(t, 'settled', table.concat({ sync, was, told }, SEEN_GAP)) end
    show(t, cluster(t.cluster), 'OutOfSync', health, reason, message)
  elseif AWAITING[was] and t.v.settled then
    sync, was, told = string.match(t.v.settled, '^(.-)\31(.-)\31(.*)$')
    put(t, 'settled', '')
    show(t, cluster(t.cluster), sync, health, said_then(sync, health, was, told))
  else
    return
  end
  tell(t)
end

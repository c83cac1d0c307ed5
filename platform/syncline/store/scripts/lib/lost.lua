-- A run that never reported: its worker died, fell silent, or failed in an unforeseen way.
-- Needs base target queue operation wishes aside source document drop trigger.

-- The wish at hand waits for its back-off.
local function back_off(t, after)
  set_phase(t, 'idle')
  put(t, 'lane', '')
  put(t, 'retry_at', seconds(now + after))
  due('retry:' .. t.id, now + after)
  settle_done(t)
end

local POISON = { WorkerLost = true, TimedOut = true }

-- What took its worker along would do so again: it is set aside. What failed in an unforeseen way
-- is tried again with the next trigger.
local function stall(t, attempts, reason, message)
  local _, health = seen(t)
  tear(t, at_hand(t))
  if POISON[reason] and not t.v.deleting then
    set_aside(t, attempts)
    reason, message = SET_ASIDE, reason .. ': ' .. message
      .. 'it is set aside until its inputs change, or: syncline release ' .. get(t, 'name')
  else
    put(t, 'lost', '')
    message = message .. 'it stalls until something changes'
  end
  show(t, cluster(t.cluster), 'Unknown', health, reason, message)
  move_member(get(t, 'operation'), t.id, get(t, 'name'), 'failed', reason, message)
  take_at_hand(t, nil)
  put(t, 'progress', '')
  put(t, 'outcome', 'Stalled')
  settle(t)
  put_right(t)
end

-- after: seconds of back-off and the message is shown; 0 = again at once, and silently.
local function lose(t, attempts, reason, message, after)
  local lost = number(t, 'lost') + 1
  tally('runs:Lost:' .. reason, 1)
  put(t, 'lost', whole(lost))
  put(t, 'ended', get(t, 'ticket'))
  put(t, 'outcome', 'Failed')
  put(t, 'verdict', '')
  put(t, 'ticket', '')
  free_slot(t)
  if lost >= attempts then
    stall(t, attempts, reason, message .. '; ' .. lost .. ' attempts in a row: ')
  else
    if after > 0 then
      local sync, health = seen(t)
      show(t, cluster(t.cluster), sync, health, reason, message)
    end
    local newer = pending(t)
    return_wish(t, number(t, 'attempt') + 1)
    if after > 0 and not newer then back_off(t, after) else settle(t) end
  end
  tell(t)
end

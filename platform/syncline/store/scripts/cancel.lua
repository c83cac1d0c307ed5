-- needs: base target queue operation window wishes source aside document found drop trigger
-- Cancel an operation: its members that wait, chunk by chunk; running ones end by themselves.
--
-- ARGV  1 operation  2 limit, at most 50
-- Returns 1 when none is left to cancel, else 0.

local uid, limit = ARGV[1], tonumber(ARGV[2])
if call('EXISTS', K.operation(uid)) == 0 then return 1 end
call('HSET', K.operation(uid), 'cancelled', '1', 'expanded', '1')

-- Take the operation's wishes from a target; one that others joined stays for them.
local function withdraw(t)
  local w = pending(t)
  if w and w.operation == uid then
    if w.joined == '1' then
      put(t, 'pending_operation', '')
    else
      set_pending(t, nil)
    end
  end
  if t.v.pins then
    for _, text in ipairs(call('LRANGE', K.pins(t.id), 0, -1)) do
      if pin_of(text).operation == uid then call('LREM', K.pins(t.id), 1, text) end
    end
    if call('EXISTS', K.pins(t.id)) == 0 then put(t, 'pins', '') end
  end
  if (t.v.phase == 'ready' or t.v.phase == 'idle') and not next_wish(t) then
    settle(t)
  else
    settle_done(t)
  end
  put_right(t)
end

local rows = call('ZRANGE', K.members_by(uid, 'pending'), 0, limit - 1)
for _, row in ipairs(rows) do
  local gap = string.find(row, '%z')
  local name, id = string.sub(row, 1, gap - 1), string.sub(row, gap + 1)
  local t = load(id)
  if t then
    withdraw(t)
    save(t)
  end
  move_member(uid, id, name, 'cancelled', 'Cancelled')
end
flush_counts()
if #rows < limit then
  finish_operation(uid)
  return 1
end
due('operation:' .. uid, now)
return 0

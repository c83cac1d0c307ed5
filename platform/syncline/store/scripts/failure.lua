-- needs: base target queue operation window wishes source aside document found drop trigger lost
-- Fold an unforeseen failure, or a lost process, if its ticket still holds.
--
-- ARGV  1 target  2 ticket  3 error  4 attempts that may be lost  5 seconds of back-off
--       6 reason  7 the last lines that it logged ('' = not known)
-- Returns 1 if folded, 0 if the ticket is stale.

local t = load(ARGV[1])
if not t or t.v.ticket ~= ARGV[2] then return 0 end
if t.v.phase == 'running' then
  if ARGV[7] ~= '' then put(t, 'last_log', ARGV[7]) end
  lose(t, tonumber(ARGV[4]), ARGV[6], ARGV[3], tonumber(ARGV[5]) * 2 ^ number(t, 'lost'))
elseif t.v.phase == 'queued' then
  -- It failed before its claim: the store or the worker was not ready.
  free_slot(t)
  put(t, 'ticket', '')
  make_ready(t, get(t, 'lane'))
else
  return 0
end
save(t)
flush_counts()
return 1

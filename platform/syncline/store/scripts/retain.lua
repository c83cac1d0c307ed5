-- needs: base target source
-- Let runs go that are older than history is kept, of targets that may not run for long.
--
-- ARGV  1… targets (at most 50)
-- Touches  history, specs, spec-uses
--
-- Returns how many runs went.

local gone = 0
for _, id in ipairs(ARGV) do
  local t = { id = id, application = string.match(id, '^[^.]+') }
  local before = call('LLEN', K.history(id))
  past.trim(t)
  gone = gone + before - call('LLEN', K.history(id))
end
return gone

-- needs: base looked
-- Keep what the fleet repository declares until it is adopted, or note why it could not be read.
--
-- ARGV  1 repository  2 when it was asked, '' = not known  3 commit, '' = nothing new or not read
--       4 error ('' = none)  5 the report (JSON)
-- Touches  fleet, fleet_pending, due
-- Returns 1 if folded, else 0: it is not followed any more, or a later answer was folded.

local began, revision, error = ARGV[2], ARGV[3], ARGV[4]
local fleet = K.fleet()
local row = call('HMGET', fleet, 'repository', 'looked_at')
if row[1] ~= ARGV[1] or is_late(row[2], began) then return 0 end
call('HSET', fleet, 'checked_at', stamp, 'unreached', revision == '' and error or '')
if began ~= '' then call('HSET', fleet, 'looked_at', began) end
if revision ~= '' then
  call('HSET', fleet, 'error', error)
  if error ~= '' then
    call('HSET', fleet, 'commit', revision) -- not read again until it moves
  else
    call('SET', K.fleet_pending(), ARGV[5])
    due('fleet:adopt', now)
  end
end
return 1

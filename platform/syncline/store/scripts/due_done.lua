-- needs: base
-- Remove a taken member or set its next time, unless somebody made it due again since.
--
-- ARGV  1 member  2 the time that the taking set  3 its next time, '' = none
-- Returns 1, or 0 where it was made due again.

local score = call('ZSCORE', K.due(), ARGV[1])
if not score or math.abs(tonumber(score) - tonumber(ARGV[2])) > 1e-6 then return 0 end
if ARGV[3] == '' then
  undue(ARGV[1])
else
  call('ZADD', K.due(), ARGV[3], ARGV[1])
end
return 1

-- needs: base
-- Note that all that bears our marks on a cluster was found: its targets adopt from now on.
--
-- ARGV  1 cluster  2 kinds that could not be listed (JSON list)
-- Returns 1, or 0 where it was surveyed before or is gone.

if call('EXISTS', K.record(ARGV[1])) == 0 then return 0 end
return call('HSETNX', K.record(ARGV[1]), 'surveyed', ARGV[2])

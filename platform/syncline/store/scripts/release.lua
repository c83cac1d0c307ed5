-- needs: base target queue
-- Let a cluster's targets be dispatched again, if nothing holds them back now.
--
-- ARGV  1 cluster

local c = cluster(ARGV[1])
if c.exists and not parks(c) and has_room(c) then unblock(c) end
return 1

-- needs: base target queue operation window wishes source document found drop
-- Remove a target and all that is kept of it, whatever runs.
--
-- ARGV  1 target

local t = load(ARGV[1])
if t then drop(t) end
return t and 1 or 0

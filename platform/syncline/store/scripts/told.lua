-- needs: base
-- The documents of an application or a cluster have been followed up: who waits for that is looked at
-- again.
--
-- ARGV  1 application by its full name, or @ and a cluster's uid
-- Touches  parents, due
-- Returns how many wait for it.

local is_cluster = string.sub(ARGV[1], 1, 1) == '@'
local children = call('HGET', K.parents(), 'children:' .. ARGV[1]) or '0'
if not is_cluster and children == '0' then return 0 end
if call('EXISTS', K.parents()) == 0 then return 0 end -- nobody depends on anything
call('HINCRBY', K.parents(), 'told:' .. ARGV[1], 1)
local many = call('ZCARD', K.waiting(ARGV[1]))
if many > 0 then due('depends:' .. ARGV[1], now) end
return many

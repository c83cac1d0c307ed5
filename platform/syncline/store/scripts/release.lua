-- needs: base target queue operation window wishes source aside document found drop trigger
-- Release a target that was set aside: it runs once more, with all of its attempts.
--
-- ARGV  1 target  2 trigger (JSON)
-- Returns the generation of the request that runs it, 0 where it is not set aside.

local t = load(ARGV[1])
if not t or not t.v.aside then return 0 end
back_again(t)
put(t, 'lost', '')
local generation = want(t, { kind = 'user', lane = 'user', flags = '----', operation = '',
  revision = '', trigger = ARGV[2] })
finish(t)
flush_counts()
return generation

-- needs: base
-- Put the audit trail of a backup in front of what was noted since.
--
-- Touches  audit, audit-restored
-- Returns nothing.

local key = K.audit_restored()
local last = call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
if not last then return end
for _, row in ipairs(call('XRANGE', K.audit(), '(' .. last[1], '+')) do
  call('XADD', key, row[1], unpack(row[2]))
end
call('RENAME', key, K.audit())
call('PERSIST', K.audit()) -- what is put in place of it keeps its time to live, too

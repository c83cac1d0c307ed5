-- needs: base
-- Give repositories other credential templates than they had, and have them looked up.
--
-- ARGV  1 version of the templates that they were chosen from  2… repository's uid, template (JSON;
--       '' = none) in pairs, at most 50
-- Touches  record, due
-- Returns 1, or 0 where a template changed since: nothing was done.

if (call('HGET', K.templates(), 'version') or '0') ~= ARGV[1] then return 0 end
for i = 2, #ARGV, 2 do
  local key = K.record(ARGV[i])
  if call('HGET', key, 'kind') == 'Repository' then
    call('HSET', key, 'templates', ARGV[1], 'template', ARGV[i + 1])
    due('lookup:' .. ARGV[i], now)
  end
end
return 1

-- needs: base
-- Ask for the turn to render something; who ended, or lost its run, has it no more.
--
-- ARGV  1 work  2 token  3 target whose run asks ('' = none)  4 its fence  5 seconds that it may take
--       6 whether whoever asks looked for the result just now, and found none (1 or '')
--       7 an entry of which it did not know whether it is there ('' = none)
-- Touches  rendering
-- Returns {'mine'}, {'held', seconds that are left}, {'told', note}, or {'known'}: look for the result.

local turn = K.rendering(ARGV[1])
local held = call('HMGET', turn, 'token', 'target', 'fence', 'note', 'done')
if held[4] then return { 'told', held[4] } end
if ARGV[6] == '' then
  if held[5] then return { 'known' } end
  if ARGV[7] ~= '' and call('EXISTS', K.rendered(ARGV[7])) == 1 then return { 'known' } end
end

local function is_lost()
  if not held[2] or held[2] == '' then return false end
  local run = call('HMGET', K.target(held[2]), 'phase', 'fence')
  return run[1] ~= 'running' or run[2] ~= held[3]
end

if held[1] and held[1] ~= ARGV[2] and not is_lost() then
  return { 'held', tostring(math.max(call('PTTL', turn), 0) / 1000) }
end
call('HSET', turn, 'token', ARGV[2], 'target', ARGV[3], 'fence', ARGV[4])
call('PEXPIRE', turn, math.ceil(tonumber(ARGV[5]) * 1000))
return { 'mine' }

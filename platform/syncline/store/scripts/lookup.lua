-- needs: base target queue operation wishes source document drop trigger awaited
-- What a moved head means for up to 200 targets behind one digest of inputs.
--
-- ARGV  1 repository name  2 revision as written  3 digest  4 commit  5 affected (1 or '')
--       6 trigger (JSON)  7 kind  8… targets
-- Returns how many were triggered.

local follow = ARGV[1] .. '\31' .. ARGV[2]
local digest, commit, is_affected = ARGV[3], ARGV[4], ARGV[5] == '1'
local triggered = 0
if call('HGET', K.heads(ARGV[1]), ARGV[2]) ~= commit then return 0 end -- it moved on meanwhile

-- What was newer is not any more: the head went back to what was applied, or means the same.
local function is_current(t)
  if not t.v.newer then return end
  put(t, 'newer', '')
  show_awaited(t)
end

local function touch(t)
  if get(t, 'revision') == commit or get(t, 'observed') == commit then return is_current(t) end
  if is_automated(t) then
    local generation = want(t, { kind = ARGV[7], lane = 'push', flags = '----', operation = '',
      revision = '', trigger = ARGV[6] })
    if generation > 0 then triggered = triggered + 1 end
  elseif digest ~= '' then
    put(t, 'newer', commit .. ' changes it')
    show_awaited(t)
  end
end

-- A run that ended meanwhile has filed a target elsewhere, with inputs of its own.
local function is_behind(seen) return seen[1] == follow and (seen[2] or '') == digest and not seen[3] end

for i = 8, #ARGV do
  local id = ARGV[i]
  local values = call('HMGET', K.target(id), 'follow', 'digest', 'deleting', 'newer')
  if is_behind(values) then
    if is_affected then
      local t = load(id)
      touch(t)
      finish(t)
    elseif values[4] then
      local t = load(id)
      put(t, 'observed', commit)
      is_current(t)
      save(t)
    else
      call('HSET', K.target(id), 'observed', commit)
    end
  end
end
flush_counts()
return triggered

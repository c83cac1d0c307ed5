-- needs: base target queue operation wishes source document drop trigger
-- What a moved head means for up to 200 targets behind one digest of inputs.
--
-- ARGV  1 repository name  2 revision as written  3 digest  4 commit  5 affected (1 or '')
--       6 trigger (JSON)  7 kind  8… targets
-- Returns how many were triggered.

local follow = ARGV[1] .. '\31' .. ARGV[2]
local digest, commit, is_affected = ARGV[3], ARGV[4], ARGV[5] == '1'
local triggered = 0

local function touch(t)
  if get(t, 'revision') == commit or get(t, 'observed') == commit then return end
  if call('HGET', K.record(t.application), 'automated') == '1' then
    local generation = want(t, { kind = ARGV[7], lane = 'push', flags = '----', operation = '',
      revision = '', trigger = ARGV[6] })
    if generation > 0 then triggered = triggered + 1 end
  elseif digest ~= '' then
    local _, health = seen(t)
    show(t, cluster(t.cluster), 'OutOfSync', health, 'NewRevision',
      commit .. ' changes it, and its policy is not automated: sync it')
    tell(t)
  end
end

-- A run that ended meanwhile has filed a target elsewhere, with inputs of its own.
local function is_behind(seen) return seen[1] == follow and (seen[2] or '') == digest and not seen[3] end

for i = 8, #ARGV do
  local id = ARGV[i]
  if is_behind(call('HMGET', K.target(id), 'follow', 'digest', 'deleting')) then
    if is_affected then
      local t = load(id)
      touch(t)
      finish(t)
    else
      call('HSET', K.target(id), 'observed', commit)
    end
  end
end
flush_counts()
return triggered

-- needs: base target queue operation window wishes source aside document found drop trigger awaited
-- What a moved head means for the targets behind digests of inputs, about 50 in one step.
--
-- ARGV  1 repository name  2 revision as written  3 commit  4 trigger (JSON)  5 kind
--       6 where in the first digest's targets the last step ended ('0' = before the first)
--       7… digest, affected (1 or '') in pairs
-- Returns {how many were triggered, how many digests are done, where in the next one it ended}.

local follow = ARGV[1] .. '\31' .. ARGV[2]
local commit, cursor, left = ARGV[3], ARGV[6], 50
local triggered = 0
if call('HGET', K.heads(ARGV[1]), ARGV[2]) ~= commit then -- it moved on meanwhile
  return { 0, (#ARGV - 6) / 2, '0' }
end

-- What was newer is not any more: the head went back to what was applied, or means the same. Where
-- several are followed another one may still be newer.
local function is_current(t)
  if not t.v.newer or (t.v.others and beside.newer(t, '')) then return end
  put(t, 'newer', '')
  show_awaited(t)
end

-- A run that began since the head moved: a second look-up for it, or what told the target of
-- something else meanwhile, is no reason for another.
local function is_on_its_way(t, index)
  return t.v.phase == 'running' and t.v.pinned ~= '1'
    and beside.part(get(t, 'claimed_head'), index) == commit
end

-- Of several sources people know the first one's repository: of another one it is named.
local function trigger_of(index)
  if index == 1 then return ARGV[4] end
  local trigger = cjson.decode(ARGV[4])
  trigger.reason = ARGV[1] .. ': ' .. trigger.reason
  return cjson.encode(trigger)
end

local function touch(t, digest, index)
  if past.stays(t, commit, index) then return end
  if is_on_its_way(t, index) then return end
  local at = beside.all(t)[index]
  if at[4] == commit or at[5] == commit then return is_current(t) end
  if is_automated(t) then
    local generation = want(t, { kind = ARGV[5], lane = 'push', flags = '----', operation = '',
      revision = '', trigger = trigger_of(index) })
    if generation > 0 then triggered = triggered + 1 end
  elseif digest ~= '' then
    put(t, 'newer', commit .. ' changes it')
    show_awaited(t)
  end
end

-- Which of all that a target follows this is; nil where a run that ended meanwhile has filed it
-- elsewhere, with inputs of its own.
local function index_of(seen, digest)
  if seen[3] then return end
  if seen[1] == follow and (seen[2] or '') == digest then return 1 end
  for i, each in ipairs(seen[7] and cjson.decode(seen[7]) or {}) do
    if each[1] == ARGV[1] and each[2] == ARGV[2] and each[3] == digest then return i + 1 end
  end
end

local function move(id, digest, is_affected)
  local values = call('HMGET', K.target(id), 'follow', 'digest', 'deleting', 'newer', 'back',
    'parent', 'others')
  local index = index_of(values, digest)
  if not index then return end
  if is_affected then
    local t = load(id)
    touch(t, digest, index)
    finish(t)
  elseif values[5] then
    return -- what does not change what it follows says nothing of where it is kept
  elseif values[4] or values[6] or index > 1 then
    local t = load(id)
    beside.observe(t, index, commit)
    is_current(t)
    save(t)
  else
    call('HSET', K.target(id), 'observed', commit)
  end
end

local at = 7
while ARGV[at] and left > 0 do
  local digest = ARGV[at]
  local found = call('SSCAN', K.behind(ARGV[1], ARGV[2], digest), cursor, 'COUNT', 50)
  cursor = found[1]
  for _, id in ipairs(found[2]) do move(id, digest, ARGV[at + 1] == '1') end
  left = left - 1 - #found[2]
  if cursor == '0' then at = at + 2 end
end
flush_counts()
return { triggered, (at - 7) / 2, cursor }

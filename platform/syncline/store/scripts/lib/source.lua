-- Which targets stand behind which learned inputs of which followed revision.
-- Needs base target.

local function split_follow(follow)
  local gap = string.find(follow, '\31', 1, true)
  return string.sub(follow, 1, gap - 1), string.sub(follow, gap + 1)
end

local function unfile(t)
  local follow = t.v.follow
  if not follow then return end
  local repository, revision = split_follow(follow)
  local digest = get(t, 'digest')
  call('SREM', K.behind(repository, revision, digest), t.id)
  if digest ~= '' and call('EXISTS', K.behind(repository, revision, digest)) == 0 then
    call('HDEL', K.inputs(repository, revision), digest)
  end
end

-- File a target; inputs '' with a digest means that they are stored already.
local function file(t, repository, revision, digest, inputs)
  local follow = repository .. '\31' .. revision
  if t.v.follow == follow and get(t, 'digest') == digest then return end
  unfile(t)
  call('SADD', K.behind(repository, revision, digest), t.id)
  if digest ~= '' then call('HSET', K.inputs(repository, revision), digest, inputs) end
  put(t, 'follow', follow)
  put(t, 'digest', digest)
end

-- A target whose application follows something else now has no known inputs there.
local function file_anew(t, repository, revision)
  if t.v.follow ~= repository .. '\31' .. revision then file(t, repository, revision, '', '') end
end

-- The spec of a generation is kept while somebody names it.
local function hold_spec(application, generation, text)
  call('HSETNX', K.specs(application), generation, text)
  call('HINCRBY', K.spec_uses(application), generation, 1)
end

local function let_spec(application, generation)
  if generation == '' then return end
  if call('HINCRBY', K.spec_uses(application), generation, -1) <= 0 then
    call('HDEL', K.spec_uses(application), generation)
    call('HDEL', K.specs(application), generation)
  end
end

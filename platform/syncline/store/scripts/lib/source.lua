-- Which targets stand behind which learned inputs of which followed revision, and which are kept at a
-- past state.
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

-- A target that a rollback keeps at a past state: `back` is its pin (JSON, see model/pin.py), and
-- `back_head` the head that a newer commit ends it from ('' = none does).
local past = {}

function past.audit(t, verb, actor, reason, detail)
  call('XADD', K.audit(), 'MAXLEN', '~', kept_audit, '*', 'at', stamp, 'verb', verb, 'actor', actor,
    'subject', 'Target/' .. get(t, 'name'), 'reason', reason, 'detail', detail)
end

-- The generation of the application that a pin names ('' = the present one).
function past.generation(pin)
  local generation = cjson.decode(pin).generation
  return generation > 0 and whole(generation) or ''
end

-- Let it follow its application again.
function past.let(t)
  if not t.v.back then return end
  let_spec(t.application, past.generation(t.v.back))
  call('ZREM', K.pinned(), member(t))
  put(t, 'back', '')
  put(t, 'back_head', '')
end

-- Keep it at a past state, until a newer commit where that is asked (newer). Returns whether the
-- application is known as it was then.
function past.keep(t, pin, newer)
  local generation = past.generation(pin)
  if generation ~= '' then
    local spec = call('HGET', K.specs(t.application), generation)
    if not spec then return false end
    hold_spec(t.application, generation, spec)
  end
  past.let(t)
  put(t, 'back', pin)
  if newer then
    local repository, revision = split_follow(t.v.follow)
    local head = call('HGET', K.heads(repository), revision)
    put(t, 'back_head', head and head ~= '' and head or '-')
  end
  call('ZADD', K.pinned(), 0, member(t))
  return true
end

-- Whether it stays there, now that the head it follows is `commit` and changes it.
function past.stays(t, commit)
  if not t.v.back then return false end
  if not t.v.back_head or t.v.back_head == commit then return true end
  past.audit(t, 'unpin', 'syncline', 'a newer commit ends the rollback', 'commit ' .. commit)
  past.let(t)
  return false
end

-- The pin that a wish runs at (JSON), its generation and the application as it was then; '' where it
-- runs at what is declared now, or at a revision of its own.
function past.of(t, w)
  if not t.v.back or t.v.deleting or (w.revision or '') ~= '' then return '', '', '' end
  local generation = past.generation(t.v.back)
  local document = generation ~= '' and call('HGET', K.specs(t.application), generation) or ''
  return t.v.back, generation, document
end

-- Let runs go that are too many or too old; the last two stay however old they are.
function past.trim(t)
  local key = K.history(t.id)
  local left = call('LLEN', key)
  while left > 2 or left > kept_history do
    local oldest = call('LINDEX', key, -1)
    local at = tonumber(string.match(oldest, '^%d* (%S+)'))
    if left <= kept_history and at > now - kept_seconds then return end
    call('RPOP', key)
    let_spec(t.application, string.match(oldest, '^%d*'))
    left = left - 1
  end
end

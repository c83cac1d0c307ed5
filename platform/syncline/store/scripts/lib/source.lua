-- Which targets stand behind which learned inputs of which followed revision, and which are kept at a
-- past state.
-- Needs base target.

local function split_follow(follow)
  local gap = string.find(follow, '\31', 1, true)
  return string.sub(follow, 1, gap - 1), string.sub(follow, gap + 1)
end

-- What it follows beside its first source, where it has several that follow different things: the
-- field `others`, a JSON list of {repository, revision, digest of the inputs, commit applied last,
-- newest commit known not to change the target, signatures of the former (JSON)}. Heads of all that
-- a target follows are one text: the first source's, and behind a \30 each of the others. Where there
-- is one, it is its head.
local beside = {}

function beside.leave(t, repository, revision, digest)
  call('SREM', K.behind(repository, revision, digest), t.id)
  if digest ~= '' and call('EXISTS', K.behind(repository, revision, digest)) == 0 then
    call('HDEL', K.inputs(repository, revision), digest)
  end
end

local function unfile(t)
  if not t.v.follow then return end
  local repository, revision = split_follow(t.v.follow)
  beside.leave(t, repository, revision, get(t, 'digest'))
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

function beside.of(t) return t.v.others and cjson.decode(t.v.others) or {} end

-- The same list with the first source in front.
function beside.all(t)
  local repository, revision = split_follow(t.v.follow)
  local list = beside.of(t)
  table.insert(list, 1,
    { repository, revision, get(t, 'digest'), get(t, 'revision'), get(t, 'observed') })
  return list
end

function beside.keep(t, list) put(t, 'others', #list > 0 and cjson.encode(list) or '') end

function beside.find(list, repository, revision)
  for _, each in ipairs(list) do
    if each[1] == repository and each[2] == revision then return each end
  end
end

-- others: {repository, revision, …} of each, nil where there is none.
function beside.heads_of(repository, revision, others)
  local heads = call('HGET', K.heads(repository), revision) or ''
  for _, each in ipairs(others or {}) do
    heads = heads .. '\30' .. (call('HGET', K.heads(each[1]), each[2]) or '')
  end
  return heads
end

function beside.heads(t)
  local repository, revision = split_follow(t.v.follow)
  return beside.heads_of(repository, revision, beside.of(t))
end

-- One of such heads; 1 is the first source's.
function beside.part(heads, index)
  for _ = 2, index do heads = string.match(heads, '\30(.*)$') or '' end
  return string.match(heads, '^[^\30]*')
end

-- A head that is neither one of these nor what the target is at; nil where there is none.
function beside.newer(t, heads)
  for i, each in ipairs(beside.all(t)) do
    local head = call('HGET', K.heads(each[1]), each[2]) or ''
    if head ~= '' and head ~= each[4] and head ~= each[5] and head ~= beside.part(heads, i) then
      return head
    end
  end
end

-- A commit is known not to change the target.
function beside.observe(t, index, commit)
  if index == 1 then return put(t, 'observed', commit) end
  local list = beside.of(t)
  list[index - 1][5] = commit
  beside.keep(t, list)
end

-- What came of a run. told: JSON list of {repository, revision, commit, digest of inputs ('' =
-- unchanged), inputs (JSON), signatures (JSON)}.
function beside.fold(t, told, is_applied, is_learned)
  local list = beside.of(t)
  for _, one in ipairs(cjson.decode(told)) do
    local each = beside.find(list, one[1], one[2])
    if each and is_applied then each[4], each[5], each[6] = one[3], one[3], one[6] end
    if each and is_learned and one[4] ~= '' and one[4] ~= each[3] then
      beside.leave(t, each[1], each[2], each[3])
      each[3] = one[4]
      call('SADD', K.behind(each[1], each[2], each[3]), t.id)
      call('HSET', K.inputs(each[1], each[2]), each[3], one[5])
    end
  end
  beside.keep(t, list)
end

function beside.unfile(t)
  for _, each in ipairs(beside.of(t)) do beside.leave(t, each[1], each[2], each[3]) end
end

-- A target whose application follows something else now has no known inputs there. others: JSON
-- list of {repository, revision}, false where there are none. What goes is left first: the first
-- source and another one may have changed places.
local function file_anew(t, repository, revision, others)
  local old, new = beside.of(t), others and cjson.decode(others) or {}
  for _, each in ipairs(old) do
    if not beside.find(new, each[1], each[2]) then beside.leave(t, each[1], each[2], each[3]) end
  end
  if t.v.follow ~= repository .. '\31' .. revision then file(t, repository, revision, '', '') end
  for i, each in ipairs(new) do
    new[i] = beside.find(old, each[1], each[2])
    if not new[i] then
      new[i] = { each[1], each[2], '', '', '', '' }
      call('SADD', K.behind(each[1], each[2], ''), t.id)
    end
  end
  beside.keep(t, new)
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
-- `back_head` the heads that a newer commit ends it from ('' = none does).
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

-- What the other sources of a pin follow, each with its repository.
function past.beside(pin)
  local found = {}
  for i, each in ipairs(cjson.decode(pin).beside or {}) do
    found[i] = { each.repository, each.revision }
  end
  return found
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
    local heads = beside.heads(t)
    put(t, 'back_head', heads ~= '' and heads or '-')
  end
  call('ZADD', K.pinned(), 0, member(t))
  return true
end

-- Whether it stays there, now that one of the heads it follows is `commit` and changes it.
function past.stays(t, commit, index)
  if not t.v.back then return false end
  if not t.v.back_head or beside.part(t.v.back_head, index) == commit then return true end
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

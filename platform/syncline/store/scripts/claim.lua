-- needs: base target queue operation window wishes source aside lost found snapshot
-- Take the lease of a target and a snapshot of all that its run needs.
--
-- ARGV  1 target  2 ticket  3 worker  4 lease, seconds  5 attempts that may be lost
--       6 the installation's id, where the store has none
-- Touches  target, pins, slots, leases, unproven, watch, specs, behind, members, ready…, counts;
--          reads record, heads, kubeconfig, inventory, found, health rules
--
-- Returns {reason, detail} where refused, else {'', fence, request, attempt, deleting, orphan,
-- revision, observed, render key, health, head, kubeconfig, installation, application, cluster,
-- repository, repository uid, inventory, surveyed, found, heard, burst, rules, progress, rites, pin,
-- document, others}.
-- Surveyed is '' where the target has adopted what is its own already, '?' where nobody has surveyed
-- the cluster yet; heard is how many seconds ago the cluster answered anybody, '' where it is in
-- doubt; burst is what the run may ask at once, in seconds of the cluster's whole rate; rules is the
-- version of the health rules; progress is where a run with steps stands (JSON), rites are the hooks
-- of the target's deletion (sealed), pin is what a rollback keeps it at (JSON), document the
-- application as it was then (JSON): '' where there are none; others are what its other sources
-- follow: repository, revision, head, fields of the repository or false.

local id, ticket, worker, lease, attempts =
  ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])

local function refuse(reason, detail)
  flush_counts()
  return { reason, detail or '' }
end

local function back_in_line(t, c, why)
  local w = next_wish(t)
  free_slot(t)
  make_ready(t, better(get(t, 'lane'), w.lane))
  block(c, why)
  save(t)
end

local t = load(id)
if not t then return refuse('Gone', 'it is not registered any more') end
if t.v.ticket ~= ticket or (t.v.phase ~= 'queued' and t.v.phase ~= 'running') then
  return refuse('Stale', 'a newer message, or nothing is wanted')
end
if t.v.phase == 'running' then
  local left = tonumber(call('ZSCORE', K.watch(), id) or '0') - now
  if left > 0 then return refuse('Held', 'its lease has ' .. string.format('%.1f', left) .. ' s left') end
  if number(t, 'lost') + 1 >= attempts then return refuse('Stale', 'too many workers were lost') end
  put(t, 'lost', whole(number(t, 'lost') + 1))
  return_wish(t, number(t, 'attempt') + 1)
end

local application, c = record_of(t.application), cluster(t.cluster)
if not application or not c.exists then return refuse('Gone', 'its documents are not registered') end
-- A newer commit came since its parents were found ready: they may have to take it first.
local follows = application[15] and cjson.decode(application[15]) or {}
if t.v.passed and t.v.passed ~= '@' .. beside.heads_of(application[11], application[14], follows) then
  put(t, 'passed', '')
end
local w, pinned = turn(t)
if not w then
  free_slot(t)
  settle(t)
  save(t)
  if t.v.waits then return refuse('DependencyNotReady', 'a newer commit came: it waits in its place') end
  if t.v.held then return refuse('WindowClosed', get(t, 'message')) end
  return refuse('Stale', 'nothing is wanted any more')
end
if parks(c) then
  back_in_line(t, c, 'away')
  if c.open == '1' then return refuse('ClusterParked', c.error) end
  if c.paused == '1' then return refuse('Paused', 'Cluster/' .. c.name .. ' is paused') end
  return refuse('ClusterParked', c.barred)
end
if live(K.leases(c.uid)) >= cap(c) and not call('ZSCORE', K.leases(c.uid), id) then
  if not is_doubtful(c) then set_cluster(c, 'tight', '1') end
  back_in_line(t, c, 'cap')
  return refuse('ClusterBusy', 'Cluster/' .. c.name .. ' runs ' .. cap(c) .. ' already')
end
-- It was sent before its cluster came to be doubted, as were many others.
if is_doubtful(c) and not call('ZSCORE', K.unproven(), id)
  and live(K.unproven()) >= (tonumber(call('GET', K.unproven_quota()) or '') or math.huge) then
  back_in_line(t, c, 'quota')
  wait_for_proof(c)
  return refuse('ClusterBusy', 'Cluster/' .. c.name .. ' must answer once more: others are silent')
end

local fence = whole(math.max(number(t, 'fence') + 1, micros))
local untill = now + lease
if pinned then pop_pin(t, w) else set_pending(t, nil) end
put(t, 'passed', '')
take_at_hand(t, w, pinned)
put(t, 'last_trigger', '{"kind":"' .. (string.match(w.trigger, '"kind":"(%a+)"') or 'user') .. '"}')
put(t, 'fence', fence)
put(t, 'worker', worker)
put(t, 'started_at', stamp)
put(t, 'updated_at', stamp)
put(t, 'sends', '')
set_phase(t, 'running')
take_slot(t, c, untill)
call('ZADD', K.leases(c.uid), seconds(untill), id)
call('ZADD', K.watch(), seconds(untill), id)
move_member(w.operation, id, get(t, 'name'), 'running')
let_spec(t.application, get(t, 'spec_held'))
local pin, generation, document = past.of(t, w)
local held = document ~= '' and generation or application[7]
hold_spec(t.application, held, document ~= '' and document or application[4])
put(t, 'spec_held', held)
put(t, 'backed', pin ~= '' and '1' or '')
file_anew(t, application[11], application[14], application[15])

local revision = (w.revision or '') ~= '' and w.revision or application[14]
local from = document ~= '' and cjson.decode(pin).repository or application[11]
if document ~= '' then follows = past.beside(pin) end
local on, repository, repository_uid, head, kubeconfig = surroundings(t, from, revision)
local others, heads = others_of(follows), head
for _, each in ipairs(others) do heads = heads .. '\30' .. each[3] end
put(t, 'claimed_head', heads)
local surveyed, found = adopting(t)
if surveyed ~= '?' and #found == 0 and call('EXISTS', K.inventory(id)) == 0 then
  put(t, 'unadopted', '')
  surveyed = ''
end
settle_done(t)
tell(t)
save(t)
flush_counts()
return { '', fence, request_json(w), w.attempt, get(t, 'deleting'), get(t, 'orphan'),
  get(t, 'revision'), get(t, 'observed'), get(t, 'render_key'), ({ seen(t) })[2], head, kubeconfig,
  installation(ARGV[6]), application, on, repository, repository_uid,
  call('HGETALL', K.inventory(id)), surveyed, found,
  is_doubtful(c) and '' or seconds(now - (tonumber(c.answered) or 0)), burst(c),
  call('HGET', K.health_rules(), 'version') or '', get(t, 'progress'), get(t, 'rites'),
  pin, document, others }

-- needs: base target queue operation window wishes source aside cluster document found drop trigger lost inventory awaited
-- Fold a report into everything that it touches, if its fence still holds.
--
-- ARGV  1 target  2 fence  3 outcome  4 sync  5 health  6 reason  7 message  8 revision  9 observed
--       10 render key  11 digest of inputs ('' = unchanged)  12 inputs (JSON)  13 retry after ('' = no)
--       14 check health after ('' = no)  15 kube uid  16 version  17 reachable (1, 0, '')
--       18 history entry (packed)  19 its signature  20 kept in any case (1 or '')
--       21 audit: verb ('' = none)  22 actor  23 reason  24 detail  25 gone (1 or '')
--       26 failures that open a breaker  27 seconds to the next probe  28 failures of an operation's
--       member  29 plan of a dry run (JSON)  30 something may have been written (1 or '')
--       31 digest of what the documents wanted  32 what metrics count: field, number…
--       33 bound, microseconds of the wait for the claim ('' = not known)
--       34 seconds of the cluster's answers, in the mean ('' = not measured)
--       35 its render took long (1, 0, '' = not measured)
--       36 how long the cluster's whole rate takes for what it asked, seconds
--       37 where a run that waits goes on (JSON)  38 hooks of the target's deletion, sealed
--       ('' = as before, - = none)
--       39 digest of what a dry run of an operation found ('' = nothing)
--       40 work that another run renders, and this one waits for ('' = none)
--       41 signatures of the revision (JSON, '' = none asked for)
--       42 what it tells of the other sources (see beside.fold; '' = nothing)
--       43 inventory given (1 or '')  44… object, entry (packed)
-- Touches  target, pins, render_waiters, inventory, owners, history, specs, behind, inputs, counts,
--          indexes, slots, leases, watch, due, members, operation, the cluster's record, events,
--          audit, tally, ready…
--
-- Returns {1 if folded (or folded before), 0 if the fence is stale; opened, closed or ''}. Of a stale
-- report nothing is kept; the target is triggered once more where it may have written.

local id, fence, outcome = ARGV[1], ARGV[2], ARGV[3]
local t = load(id)
if not t then return { 0, '' } end
if t.v.folded == fence then return { 1, '' } end
if t.v.phase ~= 'running' or t.v.fence ~= fence then
  -- It lost its lease, and what it wrote may have come after what has been written since.
  if ARGV[30] == '1' and is_automated(t) then
    want(t, { kind = 'recovery', lane = 'push', flags = '--t-', operation = '', revision = '',
      trigger = '{"kind":"recovery","reason":"a run that lost its lease may have written late"}' })
    finish(t)
    flush_counts()
  end
  return { 0, '' }
end

local c = cluster(t.cluster)
local w, pinned = at_hand(t)
local is_dry, is_part = truth(w.flags, 4) == 'true', is_partial(w.flags)
local name, attempts = get(t, 'name'), tonumber(ARGV[28])
local wrote = ARGV[30] == '1'
-- backed: it ran at what a rollback keeps the target at, and tells nothing of documents or branch.
-- A pinned run that failed before it wrote tells nothing of the cluster: what was shown holds.
local is_void = pinned and outcome ~= 'Succeeded' and not wrote
-- A run of some objects alone tells nothing of the others: what was shown holds, too.
local is_aside = is_void or is_part

-- Its parts; one table, since a script has 200 locals at most.
local fold = {}

function fold.audit()
  if ARGV[21] == '' then return end
  call('XADD', K.audit(), 'MAXLEN', '~', kept_audit, '*', 'at', stamp, 'verb', ARGV[21],
    'actor', ARGV[22], 'subject', 'Target/' .. name, 'reason', ARGV[23], 'detail', ARGV[24])
end

function fold.remember()
  local entry = get(t, 'spec_held') .. ' ' .. stamp .. ' ' .. ARGV[18]
  local again = t.v.signature == ARGV[19]
  if again and ARGV[20] == '' then
    if outcome == 'Succeeded' then return let_spec(t.application, get(t, 'spec_held')) end
    let_spec(t.application, string.match(call('LINDEX', K.history(id), 0) or '', '^%d+') or '')
    call('LSET', K.history(id), 0, entry)
  else
    call('LPUSH', K.history(id), entry)
    past.trim(t)
  end
  put(t, 'signature', ARGV[19])
end

function fold.keep_failure()
  fold.remember()
  if is_part and ARGV[14] ~= '' then check_at(t, now + tonumber(ARGV[14])) end
  put(t, 'spec_held', '')
end

function fold.keep_state()
  if not t.v.backed then put(t, 'applied', ARGV[31]) end
  put(t, 'newer', '')
  put(t, 'settled', '')
  put(t, 'torn', pinned and outcome ~= 'Succeeded' and '1' or '')
  if ARGV[25] == '1' then -- it was taken back while its objects went
    show(t, c, 'OutOfSync', 'Missing', ARGV[6], ARGV[7] .. ', and it is wanted again: sync it')
  else
    show(t, c, ARGV[4], ARGV[5], ARGV[6], ARGV[7])
  end
  if ARGV[35] ~= '' then put(t, 'heavy', ARGV[35] == '0' and '' or ARGV[35]) end
  put(t, 'revision', ARGV[8])
  put(t, 'observed', ARGV[9])
  put(t, 'render_key', ARGV[10])
  if outcome == 'Succeeded' then
    put(t, 'synced_at', stamp)
    put(t, 'signed', ARGV[41]) -- else it is of another revision
  end
  if ARGV[11] ~= '' and not pinned and not t.v.backed then
    local repository, revision = split_follow(t.v.follow)
    file(t, repository, revision, ARGV[11], ARGV[12])
  end
  if ARGV[42] ~= '' then
    beside.fold(t, ARGV[42], outcome == 'Succeeded', not pinned and not t.v.backed)
  end
  if ARGV[14] ~= '' then check_at(t, now + tonumber(ARGV[14])) else check_no_more(t) end
  fold.remember()
  put(t, 'spec_held', '')
end

-- A run whose steps wait for one another says how far it came; it is no end of it.
function fold.keep_place()
  put(t, 'progress', ARGV[37])
  if is_part or (pinned and not wrote) then return end -- its end may tell nothing of the target
  if ARGV[31] ~= '' and not t.v.backed then put(t, 'applied', ARGV[31]) end
  show(t, c, ARGV[4], ARGV[5], ARGV[6], ARGV[7])
  check_no_more(t)
end

function fold.end_cancelled()
  fold.remember()
  put(t, 'progress', '')
  tear(t, w, pinned)
  move_member(w.operation, id, name, 'cancelled', 'Cancelled')
  take_at_hand(t, nil)
  settle(t)
  put_right(t)
end

function fold.pause()
  local is_cancelled = w.operation ~= '' and call('HGET', K.operation(w.operation), 'cancelled') == '1'
  if is_cancelled and w.joined ~= '1' then return fold.end_cancelled() end
  if is_cancelled then
    move_member(w.operation, id, name, 'cancelled', 'Cancelled')
    put(t, 'operation', '')
  end
  let_spec(t.application, get(t, 'spec_held'))
  local newer = not pinned and pending(t)
  return_wish(t, number(t, 'attempt'), { reason = ARGV[6], message = ARGV[7], wrote = wrote })
  if newer then settle(t) else back_off(t, tonumber(ARGV[13])) end
end

-- The head may have moved while this ran, past a look-up that did not see its inputs.
function fold.follow_head()
  if pinned or t.v.back or t.v.deleting or next_wish(t) or not t.v.follow then return end
  local head = beside.newer(t, get(t, 'claimed_head'))
  if not head then return end
  if not is_automated(t) then return put(t, 'newer', head .. ' came while it ran') end
  want(t, { kind = 'poll', lane = 'push', flags = '----', operation = '', revision = '',
    trigger = '{"kind":"poll","reason":"the head moved during the run"}' })
end

function fold.count_run()
  for field, by in string.gmatch(ARGV[32], '(%S+) (%d+)') do tally(field, by) end
  local lane = get(t, 'lane')
  if outcome ~= 'Abandoned' then tally('ended:' .. lane, 1) end
  local bound, micros_waited = string.match(ARGV[33], '(%S+) (%d+)')
  if not bound or w.attempt ~= '1' then return end
  tally('wait:' .. lane .. ':' .. bound, 1)
  tally('wait:' .. lane .. ':us', micros_waited)
end

-- First what gives memory back: a full Redis refuses a script only at its first write, and what was
-- done is folded for all that.
free_slot(t)
fold.count_run()
put(t, 'folded', fence)
put(t, 'ended', get(t, 'ticket'))
put(t, 'outcome', outcome)
-- What the run tells of itself, where the target goes on showing an earlier one.
put(t, 'verdict', (is_dry or is_aside) and ARGV[6] .. '\31' .. ARGV[7] or '')
put(t, 'ticket', '')

if outcome == 'Abandoned' then
  return_wish(t, number(t, 'attempt'), { reason = ARGV[6], message = ARGV[7], wrote = wrote })
  local is_awaited = ARGV[40] == '' or call('HEXISTS', K.rendering(ARGV[40]), 'token') == 1
  if ARGV[13] ~= '' and is_awaited then back_off(t, tonumber(ARGV[13])) else settle(t) end
  if ARGV[40] ~= '' and is_awaited then
    call('SADD', K.render_waiters(ARGV[40]), id)
    call('EXPIRE', K.render_waiters(ARGV[40]), 600)
  end
  save(t)
  flush_counts()
  return { 1, '' }
end

spend(c, tonumber(ARGV[36]))
put(t, 'lost', '')
put(t, 'last_log', '')
local flipped = ''
if ARGV[17] == '1' then
  flipped = note_answer(c, tonumber(ARGV[34]))
elseif ARGV[17] == '0' then
  flipped = note_failure(c, ARGV[7], tonumber(ARGV[26]), tonumber(ARGV[27]))
end
bind(c, ARGV[15], ARGV[16])
fold.audit()

if ARGV[25] == '1' and t.v.deleting then
  move_member(w.operation, id, name, 'synced', 'Removed', '')
  drop(t)
  flush_counts()
  return { 1, flipped }
end

if not is_dry then
  if ARGV[43] == '1' then store_inventory(t, 44) end
  if ARGV[38] ~= '' then put(t, 'rites', ARGV[38] ~= '-' and ARGV[38] or '') end
  if outcome == 'Waiting' then
    fold.keep_place()
  elseif outcome ~= 'Superseded' then
    (is_aside and fold.keep_failure or fold.keep_state)()
  end
end

-- A pin ends with its operation: it would hold back for ever what follows the branch.
local is_over = is_dry or pinned and tonumber(w.attempt) >= attempts
local retried = outcome == 'Failed' and ARGV[13] ~= '' and not is_over
if outcome == 'Waiting' then
  fold.pause()
  put(t, 'spec_held', '')
elseif retried then
  if w.operation ~= '' and tonumber(w.attempt) >= attempts then
    move_member(w.operation, id, name, 'failed', ARGV[6], ARGV[7])
    put(t, 'operation', '')
  end
  local newer = not pinned and pending(t)
  return_wish(t, number(t, 'attempt') + 1, { reason = ARGV[6], message = ARGV[7], wrote = wrote })
  if newer then settle(t) else back_off(t, tonumber(ARGV[13])) end
else
  local state = ({ Succeeded = 'synced', Superseded = 'superseded' })[outcome] or 'failed'
  if is_dry and state == 'synced' and ARGV[39] ~= '' then
    group_member(w.operation, id, name, ARGV[39])
  end
  if not is_dry then put(t, 'progress', '') end
  move_member(w.operation, id, name, state, ARGV[6], ARGV[7], is_dry and ARGV[29] or '')
  take_at_hand(t, nil)
  settle(t)
  if outcome ~= 'Superseded' then fold.follow_head() end
  if awaited(t) and not is_automated(t) then show_awaited(t) end
  put_right(t)
end
tell(t)
save(t)
flush_counts()
return { 1, flipped }

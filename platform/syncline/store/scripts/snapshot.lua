-- needs: base target found snapshot
-- What a claim would hand out, with no lease.
--
-- ARGV  1 target  2 the installation's id, where the store has none
-- Returns nothing where the target is gone, else the same fields as claim.

local t = load(ARGV[1])
local application = t and record_of(t.application)
if not application then return {} end
local on, repository, repository_uid, head, kubeconfig = surroundings(t, application[11], application[14])
if not on then return {} end
local surveyed, found = adopting(t)
return { '', '0', '', '1', get(t, 'deleting'), get(t, 'orphan'), get(t, 'revision'),
  get(t, 'observed'), get(t, 'render_key'), ({ seen(t) })[2], head, kubeconfig,
  installation(ARGV[2]), application, on, repository, repository_uid,
  call('HGETALL', K.inventory(t.id)), surveyed, found, '', '0', '', '', '', '', '',
  others_of(application[15] and cjson.decode(application[15]) or {}) }

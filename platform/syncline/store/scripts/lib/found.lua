-- What a survey found on a cluster by its marks, and no target has taken over.
-- Needs base.

local function found_name(application) return call('HGET', K.record(application), 'label') end

-- Rows of what is an application's there, but what another target owns by now.
local function found_of(application, uid)
  local name = found_name(application)
  local rows = name and call('HGETALL', K.found(uid, name)) or {}
  local free = {}
  for i = 1, #rows, 2 do
    local owner = call('HGET', K.owners(uid), rows[i])
    if not owner or owner == application .. '.' .. uid then
      free[#free + 1] = rows[i]
      free[#free + 1] = rows[i + 1]
    end
  end
  return free
end

local function forget_found(application, uid)
  local name = found_name(application)
  if name and call('HDEL', K.found_on(uid), name) == 1 then call('DEL', K.found(uid, name)) end
end

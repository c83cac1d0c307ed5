-- needs: base target queue awaited
-- Note what the documents of targets want now, whose policy waits for a person.
--
-- ARGV  1 what changed  2… target, digest of what is wanted in pairs (at most 50)
-- Touches  target, indexes, counts, events

for i = 2, #ARGV, 2 do
  local t = load(ARGV[i])
  if t and not t.v.deleting then
    put(t, 'wanted', ARGV[i + 1])
    put(t, 'changed', ARGV[1])
    show_awaited(t)
    save(t)
  end
end
flush_counts()
return 1

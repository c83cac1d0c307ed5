-- needs: base bounded
-- Keep rendered manifests; the longest unused ones make room.
--
-- ARGV  1 render key  2 sealed bytes  3 most bytes of all  4 lifetime, seconds
-- Returns 1.

keep_bounded(K.rendered, K.rendered_by(), K.rendered_sizes(), ARGV[1], ARGV[2], tonumber(ARGV[3]),
  tonumber(ARGV[4]))
return 1

-- needs: base bounded
-- Keep how runs changed manifests; what was told of longest ago makes room.
--
-- ARGV  1 digest  2 sealed bytes  3 most bytes of all  4 lifetime, seconds
-- Returns 1.

keep_bounded(K.revised, K.revised_by(), K.revised_sizes(), ARGV[1], ARGV[2], tonumber(ARGV[3]),
  tonumber(ARGV[4]))
return 1

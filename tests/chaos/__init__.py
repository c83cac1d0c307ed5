"""Chaos: random faults under load on real API servers, and an independent check of what is left.

`python -m tests.chaos --minutes 30 --seed 1` runs every role as a process, kills, pauses and hangs
them by a timetable that the seed decides, while commits and syncs go on; then all faults end,
everything must converge, and bare clients compare each object with Git, and the store with itself.
A short run is a test.
"""

"""Random sequences of requests, sent to simulated clusters and to a real kube-apiserver alike.

`bodies` and `sequences` make them from a seed, `player` sends them, `differences` compares and
counts, `mutants` are deliberate faults of the simulator that the comparison has to find.
Sequences are cases of `tests/conformance` in all but that nobody wrote them.
"""

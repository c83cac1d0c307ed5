"""``make bench``: Syncline against the floor, a bare client sending the same applies.

Both sides use the same kube-apiserver, the same manifests and 16 requests in flight, in one run,
so that what is quoted is a ratio: machines are noisy. ``python -m tests.bench --help`` says which
parts can be run alone.
"""

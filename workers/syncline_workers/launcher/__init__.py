"""A small process beside a worker that starts programs which are not to be trusted, confined.

``client`` is the worker's side; all else runs in the launcher's process, which has one thread, so
that it may fork and change what the kernel lets a child do before the program begins: namespaces
with a private root (``root``), Landlock, seccomp, limits. Each of these works where the others are
not allowed, so that each is tried by itself (``features``). Imports the standard library alone,
because the launcher starts without site packages.
"""

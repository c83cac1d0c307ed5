"""``make fleet``: Syncline on a fleet of simulated clusters, measured and checked.

A simulator process, a Git server, `syncline up`; some hundred applications on all clusters; then
phases, each with its own figures (`python -m tests.fleet --help`). What is shown here is cost and
behaviour at scale; that Syncline is right about Kubernetes is shown on real API servers.
"""

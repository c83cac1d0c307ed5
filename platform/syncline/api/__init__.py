"""The API: HTTP in front of operations and store, documented by its own OpenAPI.

Routes translate: a request becomes one call of ``operations`` or ``store``, what comes back becomes
a view. They decide nothing that a script or the scheduler would have to know too. Store calls are
synchronous and run in a bounded pool of threads; only waiting (events, previews, probes) is async.
"""

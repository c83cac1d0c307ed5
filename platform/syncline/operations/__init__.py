"""The verbs: what the API, the command line and the scheduler do, each written once.

A verb checks what it is asked, records the intent in the store, and has the scheduler go on: no
verb waits for a worker or a cluster. What takes long (expanding over a fleet) goes on in chunks,
each of which can be the last one before a crash. Every verb of a person leaves who, when and why in
the audit trail.
"""

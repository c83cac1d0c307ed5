"""The API of one simulated cluster: a request in, an answer out, no sockets.

`dispatch` finds the verb; `reading`, `watching`, `applying`, `changing` and `deleting` are the
verbs; `finish` is the path that every write takes; `refusal` says no.
"""

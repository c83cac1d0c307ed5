"""What Prometheus reads: read from the store when it asks, never from the workers.

``table`` declares every metric with how it is got from a ``reading``; ``metric`` writes the text.
Workers are many short-lived processes: what they count lies in the store, part of each fold, so
that any server answers for all of them.
"""

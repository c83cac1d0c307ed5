"""State in Redis, and nothing but Redis.

``keys`` is the schema written out; ``scripts/*.lua`` are the steps that must be atomic, and the
modules beside them prepare their arguments and read their answers. Functions take a
``connection.Store`` first. All times come from Redis. Nothing here knows Celery: the broker may be
another server, so no step touches its keys.

Non-cluster Redis or Valkey 6.2 and newer: scripts build key names from ids that they read.
"""

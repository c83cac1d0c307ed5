"""A worker process's rules are read from a store on a real server."""

from tests.harness.redis_fixtures import redis_server, redis_session, store

__all__ = ["redis_server", "redis_session", "store"]

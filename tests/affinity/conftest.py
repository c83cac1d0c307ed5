"""The roll, the queue and the store are on a real server."""

from tests.harness.redis_fixtures import own_redis, redis_server, redis_session, store

__all__ = ["own_redis", "redis_server", "redis_session", "store"]

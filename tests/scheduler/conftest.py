"""The scheduler is tested on a real store and a real broker."""

from tests.harness.redis_fixtures import own_redis, redis_server, redis_session, store

__all__ = ["own_redis", "redis_server", "redis_session", "store"]

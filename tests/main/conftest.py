"""The first steps are taken on a real store."""

from tests.harness.redis_fixtures import own_redis, redis_server, redis_session, store

__all__ = ["own_redis", "redis_server", "redis_session", "store"]

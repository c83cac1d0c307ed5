"""The watch's tests speak to a real Redis, and where they watch, to a real kube-apiserver."""

from tests.harness.redis_fixtures import own_redis, redis_server, redis_session, store

__all__ = ["own_redis", "redis_server", "redis_session", "store"]

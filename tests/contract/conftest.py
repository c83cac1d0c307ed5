"""The contract's tests speak to a real broker."""

from tests.harness.redis_fixtures import own_redis

__all__ = ["own_redis"]

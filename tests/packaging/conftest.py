"""Roles are started on a real Redis."""

from tests.harness.redis_fixtures import redis_server, redis_session

__all__ = ["redis_server", "redis_session"]

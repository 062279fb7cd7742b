"""Fixtures for every test."""

from libs.testkit.servers import kafka, postgres, redis_server

__all__ = ["kafka", "postgres", "redis_server"]

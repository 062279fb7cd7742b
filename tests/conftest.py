"""Fixtures for every test."""

from libs.testkit.databases import _asked_database, either_database
from libs.testkit.servers import kafka, postgres, redis_server
from tests.simulation.demo_runs import alone, case

__all__ = [
    "_asked_database",
    "alone",
    "case",
    "either_database",
    "kafka",
    "postgres",
    "redis_server",
]

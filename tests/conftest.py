"""Fixtures for every test."""

import pytest

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file first: workers take files in this order, and none should wait for it."""
    items.sort(key=lambda item: item.path.parent.name != "simulation")

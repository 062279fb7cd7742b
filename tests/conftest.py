"""Fixtures for every test."""

from libs.testkit.servers import kafka, postgres, redis_server
from tests.simulation.demo_runs import alone, case

__all__ = ["alone", "case", "kafka", "postgres", "redis_server"]

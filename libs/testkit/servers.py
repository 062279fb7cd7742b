"""Real Kafka, PostgreSQL and Redis for tests, one of each a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import LocalKafka, LocalPostgres, LocalRedis

CACHE = Path(__file__).resolve().parents[2] / "var" / "local"


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    CACHE.mkdir(parents=True, exist_ok=True)
    server = LocalKafka(tmp_path_factory.mktemp("kafka"), CACHE)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPostgres]:
    server = LocalPostgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRedis]:
    server = LocalRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()
